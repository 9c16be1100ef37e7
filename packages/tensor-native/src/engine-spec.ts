/** Element types, in the order of their codes. */
const dtypeCodes = { float32: 0, int32: 1, bool: 2, bfloat16: 3, float16: 4 } as const
export type EngineDType = keyof typeof dtypeCodes

/** Shape and element type of a dense, row-major buffer. */
export interface EngineSpec {
  readonly shape: readonly number[]
  readonly dtype: EngineDType
}

export interface EngineOperand extends EngineSpec {
  /** Number of the buffer, as `write` and `run` gave it. */
  readonly handle: unknown
}

/** Bytes of an element, by the code of its type. */
export const elementBytes: readonly number[] = [4, 4, 1, 2, 2]

/** Words of an operand: buffer (or value), dtype, rank, dimensions. */
export function encodeSpec(program: Int32Array, at: number, id: number, { shape, dtype }: EngineSpec): number {
  program[at] = id
  program[at + 1] = dtypeCodes[dtype]
  program[at + 2] = shape.length
  for (let axis = 0; axis < shape.length; axis++) program[at + 3 + axis] = shape[axis]!
  return at + 3 + shape.length
}
