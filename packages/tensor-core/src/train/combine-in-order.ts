/** How numbers of several ranks become one. */
export type ReduceOperation = 'sum' | 'mean' | 'maximum' | 'minimum'

const blockLength = 4096

/**
 * Element by element over vectors of one length, first to last: added as doubles and rounded once at the end, so that
 * everyone who has the parts gets the same bits. NaN wins, as in `Math.max`. Of one part: a copy.
 *
 * Collectives use it for `allReduce`, each on the part of the vectors that it has.
 *
 * @param into Where the result goes; default a new array. May be one of the parts.
 */
export function combineInOrder(
  parts: readonly Float32Array[],
  operation: ReduceOperation,
  into: Float32Array = new Float32Array(parts[0]?.length ?? 0),
): Float32Array {
  const [first, second] = parts
  if (parts.length === 2 && (operation === 'sum' || operation === 'mean')) {
    // Of two numbers the sum is the same in one pass, which takes a third of the time.
    const divisor = operation === 'mean' ? 2 : 1
    for (let i = 0; i < into.length; i += 1)
      into[i] = ((first as Float32Array)[i]! + (second as Float32Array)[i]!) / divisor
    return into
  }
  const block = new Float64Array(Math.min(blockLength, into.length))
  for (let start = 0; start < into.length; start += blockLength) {
    const length = Math.min(blockLength, into.length - start)
    parts.forEach((part, index) => {
      if (index === 0) for (let i = 0; i < length; i += 1) block[i] = part[start + i] as number
      else fold(block, part, start, length, operation)
    })
    const divisor = operation === 'mean' ? parts.length : 1
    for (let i = 0; i < length; i += 1) into[start + i] = (block[i] as number) / divisor
  }
  return into
}

function fold(
  block: Float64Array,
  part: Float32Array,
  start: number,
  length: number,
  operation: ReduceOperation,
): void {
  if (operation === 'maximum' || operation === 'minimum') {
    const choose = operation === 'maximum' ? Math.max : Math.min
    for (let i = 0; i < length; i += 1) block[i] = choose(block[i] as number, part[start + i] as number)
  } else {
    for (let i = 0; i < length; i += 1) block[i] = (block[i] as number) + (part[start + i] as number)
  }
}
