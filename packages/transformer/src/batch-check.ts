import { isCompiling, isTensor, LemanicError } from '@lemanic/tensor-core'
import type { Tensor } from '@lemanic/tensor-core'

function batchError(message: string, fields: Readonly<Record<string, unknown>>, help?: string): LemanicError {
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

/**
 * Throws `LemanicError` `invalid-batch` unless the ids are int32 [B, T] with 1 ≤ T ≤ contextLength and in the
 * vocabulary (looked at only where the host can read them without waiting; in a compiled step the kernels do it).
 */
export function checkTokens(
  name: string,
  ids: unknown,
  { vocabularySize, contextLength }: { vocabularySize: number; contextLength: number },
  allowed?: number,
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
  if (shape[1]! > contextLength) {
    throw batchError(
      `${name}: expected at most contextLength = ${contextLength} tokens a sequence, got ${shape[1]}`,
      { shape, contextLength },
      'cut the sequences, or make the model with a longer contextLength',
    )
  }
  if (ids.backend.readAsync === undefined && !isCompiling())
    checkTokenIds(name, ids.dataSync(), vocabularySize, allowed)
}
