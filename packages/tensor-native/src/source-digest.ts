interface FileSystem {
  readdirSync(folder: URL): string[]
  readFileSync(file: URL, encoding: 'utf8'): string
}
interface Crypto {
  createHash(name: string): { update(text: string): void; digest(encoding: 'hex'): string }
}

/**
 * What the engine's sources are, as build.mjs writes it into the addon; undefined where they do not lie in `folder`, as in
 * the published package. In Node.js only; some milliseconds, once in a process.
 */
export function sourceDigest(folder: URL): string | undefined {
  const { readdirSync, readFileSync } = process.getBuiltinModule('node:fs') as unknown as FileSystem
  const { createHash } = process.getBuiltinModule('node:crypto') as unknown as Crypto
  let files: string[]
  try {
    files = readdirSync(folder).sort()
  } catch {
    return undefined
  }
  const digest = createHash('sha256')
  for (const file of files) {
    if (!/\.(cc|h)$/.test(file)) continue
    digest.update(`${file}\n${readFileSync(new URL(file, folder), 'utf8').replaceAll('\r\n', '\n')}\n`)
  }
  return digest.digest('hex').slice(0, 16)
}
