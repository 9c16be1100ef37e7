/**
 * The first object key that a valid JSON text repeats inside one object, or undefined.
 * `JSON.parse` keeps the last of equal keys without a word; formats that forbid them have to look.
 */
export function findDuplicateKey(json: string): string | undefined {
  const objects: Set<string>[] = []
  const tokens = /("[^"\\]*(?:\\.[^"\\]*)*")(\s*:)?|[{}]/gs
  for (const [token, text, colon] of json.matchAll(tokens)) {
    if (token === '{') objects.push(new Set())
    else if (token === '}') objects.pop()
    else if (text !== undefined && colon !== undefined) {
      const keys = objects[objects.length - 1] as Set<string>
      const key = JSON.parse(text) as string
      if (keys.has(key)) return key
      keys.add(key)
    }
  }
  return undefined
}
