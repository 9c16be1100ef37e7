import { createCpuBackend, randomKey, setDefaultBackend } from '@lemanic/tensor-core'
import { beforeAll, expect, test } from 'vitest'
import { countParameters } from './count-parameters.js'
import type { DecoderOptions } from './config.js'
import { describeParameters } from './parameters.js'
import { tinyDecoder, tinyOptions, values } from './testing/tiny-decoder.js'

beforeAll(() => void setDefaultBackend(createCpuBackend()))

const names = (options: DecoderOptions): string[] => Object.keys(tinyDecoder(options.stack, options).init(randomKey(0)))

test('repeats share their weights: the names are those of the standard stack', () => {
  const standard = names({ ...tinyOptions, stack: { layers: 2 } })
  expect(standard).toEqual([
    'embedding.weight',
    ...[0, 1].flatMap((i) => [
      `blocks.${i}.attention_norm.weight`,
      `blocks.${i}.attention.query.weight`,
      `blocks.${i}.attention.key.weight`,
      `blocks.${i}.attention.value.weight`,
      `blocks.${i}.attention.output.weight`,
      `blocks.${i}.feed_forward_norm.weight`,
      `blocks.${i}.feed_forward.up.weight`,
      `blocks.${i}.feed_forward.down.weight`,
    ]),
    'final_norm.weight',
  ])
  for (const kind of ['block-universal', 'cotformer'] as const) {
    expect(names({ ...tinyOptions, stack: { kind, layers: 2, repeats: 5 } })).toEqual(standard)
    const more = names({
      ...tinyOptions,
      stack: { kind, layers: 2, repeats: 5, repeatNorm: true, depthEmbedding: 'linear' },
    })
    expect(more.filter((name) => !standard.includes(name))).toEqual(['depth_embedding.weight', 'repeat_norm.weight'])
  }
})

test('options add their parameters', () => {
  const model = tinyDecoder(
    { kind: 'cotformer', repeats: 3, layers: 1, depthEmbedding: 'learned' },
    {
      bias: true,
      normBias: true,
      positions: 'learned',
      tiedHead: false,
      activation: 'swiglu',
      keyValueHeads: 1,
    },
  )
  const shapes = Object.fromEntries(describeParameters(model.config).map(({ name, shape }) => [name, shape]))
  expect(shapes).toMatchObject({
    'position_embedding.weight': [9, 16],
    'depth_embedding.weight': [3, 16],
    'head.weight': [23, 16],
    'blocks.0.attention.key.weight': [8, 16],
    'blocks.0.attention.value.bias': [8],
    'blocks.0.attention.output.bias': [16],
    'blocks.0.feed_forward.gate.weight': [48, 16],
    'blocks.0.feed_forward.down.weight': [16, 48],
    'final_norm.bias': [16],
  })
})

test('one key gives all stacks the same initial values, by name', () => {
  const standard = tinyDecoder({ kind: 'standard' }).init(randomKey(11))
  const cotformer = tinyDecoder(
    { kind: 'cotformer', repeats: 4, repeatNorm: true, depthEmbedding: 'learned' },
    { tiedHead: false },
  ).init(randomKey(11))
  for (const [name, value] of Object.entries(standard)) expect(values(cotformer[name]!), name).toEqual(values(value))
  expect(values(standard['blocks.0.attention.query.weight']!)).not.toEqual(
    values(standard['blocks.1.attention.query.weight']!),
  )
  expect(values(tinyDecoder().init(randomKey(12))['embedding.weight']!)).not.toEqual(
    values(standard['embedding.weight']!),
  )
})

test('initial values have the stated spread: 0.02, over √(2 · distinct blocks) towards the residual stream', () => {
  const params = tinyDecoder(
    { kind: 'cotformer', begin: 1, layers: 2, end: 1, repeats: 5 },
    { width: 64, heads: 4, bias: true, normBias: true },
  ).init(randomKey(4))
  const spread = (name: string): number => {
    const x = values(params[name]!)
    return Math.sqrt(x.reduce((sum, value) => sum + value * value, 0) / x.length)
  }
  const residual = 0.02 / Math.sqrt(2 * 4)
  for (const [name, expected] of [
    ['attention.query', 0.02],
    ['attention.output', residual],
    ['feed_forward.up', 0.02],
    ['feed_forward.down', residual],
  ] as const) {
    expect(spread(`blocks.2.${name}.weight`) / expected, name).toBeCloseTo(1, 1) // 4096 numbers or more: ± 0.02 is two deviations
    expect(spread(`blocks.2.${name}.bias`)).toBe(0)
  }
  expect(values(params['final_norm.weight']!).every((value) => value === 1)).toBe(true)
  expect(values(params['final_norm.bias']!).every((value) => value === 0)).toBe(true)
})

test('published sizes: 12 blocks and LN-CoTFormer with 24 distinct blocks of width 768', () => {
  const paper = { vocabularySize: 50304, width: 768, heads: 12, contextLength: 256 }
  const embeddings = 50304 * 768
  expect(countParameters({ ...paper, stack: { kind: 'block-universal', layers: 12, repeats: 5 } })).toEqual({
    total: embeddings + 12 * (12 * 768 ** 2 + 2 * 768) + 768,
    embeddings,
    blocks: 12 * (12 * 768 ** 2 + 2 * 768) + 768,
  })
  const normalised = { kind: 'cotformer', begin: 2, layers: 21, end: 1, repeats: 5, repeatNorm: true } as const
  expect(countParameters({ ...paper, stack: normalised }).total).toBe(208_541_184)
})
