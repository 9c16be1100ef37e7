import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createCpuBackend, randomKey, setDefaultBackend } from '@lemanic/tensor-core'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createDecoder } from '../decoder.js'
import { trainBytePairEncoding } from '../tokenizer/train-byte-pair-encoding.js'
import { loadPretrained } from './load-pretrained.js'
import { loadTokenizer } from './load-tokenizer.js'
import { savePretrained } from './save-pretrained.js'

let folder: string

beforeEach(async () => void (folder = await mkdtemp(join(tmpdir(), 'lemanic-tokenizer-'))))
afterEach(() => rm(folder, { recursive: true }))

const tokenizer = trainBytePairEncoding({
  texts: ['a whale in the sea'],
  vocabularySize: 262,
  specialTokens: ['<end>'],
})
const write = (name: string, value: unknown): Promise<void> =>
  writeFile(join(folder, name), typeof value === 'string' ? value : JSON.stringify(value))

test('reads tokenizer, roles and chat template from wherever they are', async () => {
  await write('tokenizer.json', tokenizer)
  const bare = await loadTokenizer(folder)
  expect(bare.tokenizer.encode('a whale<end>')).toEqual(tokenizer.encode('a whale<end>'))
  expect(bare).toMatchObject({ roles: {}, chatTemplate: undefined })

  await write('special_tokens_map.json', { eos_token: '<old>', bos_token: { content: '<end>' } })
  await write('tokenizer_config.json', {
    eos_token: { content: '<end>', special: true },
    add_bos_token: true,
    chat_template: [
      { name: 'tool_use', template: 'no' },
      { name: 'default', template: '{{ bos_token }}{{ messages[0].content }}' },
    ],
  })
  const rich = await loadTokenizer(folder)
  expect(rich.roles).toEqual({ eos_token: '<end>', bos_token: '<end>' })
  expect(rich.chatTemplate!.render([{ role: 'user', content: 'Hi' }])).toBe('<end>Hi')

  await write('chat_template.jinja', '{{ messages[0].content }}{{ eos_token }}')
  expect((await loadTokenizer(folder)).chatTemplate!.render([{ role: 'user', content: 'Hi' }])).toBe('Hi<end>')
})

test('says what is missing or broken', async () => {
  await expect(loadTokenizer(folder)).rejects.toThrow(/expected tokenizer\.json, found none/)
  await write('tokenizer.json', '{')
  await expect(loadTokenizer(folder)).rejects.toMatchObject({ code: 'invalid-tokenizer-json' })
  await write('tokenizer.json', tokenizer)
  await write('tokenizer_config.json', '[]')
  await expect(loadTokenizer(folder)).rejects.toThrow(/tokenizer_config\.json: expected an object/)
})

test('a saved model has its tokenizer beside it', async () => {
  setDefaultBackend(createCpuBackend())
  const stack = { layers: 1 }
  const model = createDecoder({
    vocabularySize: 262,
    width: 8,
    heads: 2,
    contextLength: 9,
    stack,
    bias: true,
    normBias: true,
    positions: 'learned',
  })
  await savePretrained(folder, { model, params: model.init(randomKey(1)), tokenizer, tokens: { end: 0 } })
  expect((await loadPretrained(folder)).generation).toEqual({ stopTokens: [0] })
  expect((await loadTokenizer(folder)).tokenizer.toJSON()).toEqual(tokenizer.toJSON())
})
