import { isCompiling, isTensor, LemanicError } from '@lemanic/tensor-core'
import type { Tensor } from '@lemanic/tensor-core'

export function batchError(message: string, fields: Readonly<Record<string, unknown>>, help?: string): LemanicError {
  return new LemanicError('invalid-batch', message, help === undefined ? { fields } : { fields, help })
}

/** Throws the first position whose id is not from 0 to vocabularySize − 1 (nor `allowed`). */
export function checkTokenIds(name: string, ids: ArrayLike<number>, vocabularySize: number, allowed?: number): void {
  for (let i = 0; i < ids.length; i++) {
    const id = ids[i]!
    if ((id < 0 || id >= vocabularySize || !Number.isInteger(id)) && id !== allowed) {
      throw batchError(
        `${name}: expected ids from 0 to ${vocabularySize - 1}, got ${id} at place ${i}`,
        { id, place: i, vocabularySize },
        'does the tokenizer belong to this model? vocabularySize must be at least its number of tokens',
      )
    }
  }
}

interface Bounds {
  readonly vocabularySize: number
  readonly contextLength: number
}

/**
 * Throws `LemanicError` `invalid-batch` unless the ids are int32 [B, T] with 1 ≤ T, past + T ≤ contextLength and in the
 * vocabulary (looked at only where the host can read them without waiting; in a compiled step the kernels do it).
 */
export function checkTokens(
  name: string,
  ids: unknown,
  { vocabularySize, contextLength }: Bounds,
  { allowed, past = 0 }: { readonly allowed?: number; readonly past?: number } = {},
): void {
  if (!isTensor(ids))
    throw batchError(`${name}: expected an int32 tensor [batch, time], got ${ids === null ? 'null' : typeof ids}`, {
      name,
    })
  const { dtype, shape } = ids as Tensor
  if (dtype !== 'int32' || shape.length !== 2 || shape[0]! < 1 || shape[1]! < 1) {
    throw batchError(
      `${name}: expected int32 [batch, time] with at least one token, got ${dtype} [${shape.join(', ')}]`,
      { dtype, shape },
    )
  }
  if (past + shape[1]! > contextLength) {
    throw batchError(
      `${name}: expected at most contextLength = ${contextLength} tokens a sequence, got ${past + shape[1]!}${past === 0 ? '' : ` with the ${past} of the cache`}`,
      { shape, contextLength, past },
      'cut the sequences, or make the model with a longer contextLength',
    )
  }
  if (ids.backend.readAsync === undefined && !isCompiling())
    checkTokenIds(name, ids.dataSync(), vocabularySize, allowed)
}

/** Throws unless two tensors of a batch have the same shape. */
export function checkSameShape(name: string, value: Tensor, like: string, { shape }: Tensor): void {
  if (value.shape.length === shape.length && shape.every((length, axis) => length === value.shape[axis])) return
  throw batchError(
    `${name}: expected the shape of the ${like}, [${shape.join(', ')}], got [${value.shape.join(', ')}]`,
    {
      shape: value.shape,
    },
  )
}

/** The flags of a mask on the host; throws unless it is int32 or bool, of the tokens' shape, with a token in each row. */
export function readMask(name: string, mask: Tensor | undefined, tokens: Tensor): ArrayLike<number> | undefined {
  if (mask === undefined) return undefined
  if (mask.dtype !== 'int32' && mask.dtype !== 'bool')
    throw batchError(`${name}: expected int32 or bool, got ${mask.dtype}`, { dtype: mask.dtype })
  checkSameShape(name, mask, 'tokens', tokens)
  return mask.dataSync()
}
