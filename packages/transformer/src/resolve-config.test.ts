import { LemanicError } from '@lemanic/tensor-core'
import { expect, test } from 'vitest'
import type { DecoderOptions } from './config.js'
import { resolveDecoderConfig, resolveEncoderDecoderConfig } from './resolve-config.js'

const minimal = { vocabularySize: 100, width: 24, heads: 4, contextLength: 16, stack: { layers: 2 } } as const

test('the defaults are the reference model of the paper', () => {
  expect(resolveDecoderConfig(minimal)).toEqual({
    vocabularySize: 100,
    width: 24,
    heads: 4,
    keyValueHeads: 4,
    headWidth: 6,
    contextLength: 16,
    stack: {
      kind: 'standard',
      begin: 0,
      layers: 2,
      end: 0,
      repeats: 1,
      repeatNorm: false,
      depthEmbedding: 'none',
      halting: 'none',
      capacities: 'uniform',
      haltingWeight: 0.03,
      haltingThreshold: 0.999,
      haltingPrior: 0.4,
    },
    pauseTokens: 0,
    norm: 'layer',
    normPlacement: 'pre',
    normBias: false,
    normEpsilon: 1e-5,
    embeddingNorm: false,
    embeddingScale: 1,
    bias: false,
    residual: 'sequential',
    activation: 'gelu',
    feedForwardWidth: 96,
    positions: 'rotary',
    positionOffset: 0,
    attentionScale: 1 / Math.sqrt(6),
    headBias: false,
    headScale: 1,
    rotary: { base: 10000, interleaved: true, fraction: 1, scaling: null },
    relative: { buckets: 32, maximumDistance: 128 },
    tiedHead: true,
    dropout: 0,
    initialization: { standardDeviation: 0.02, scaleResidual: true },
  })
})

test('a full configuration resolves to itself, and undefined means the default', () => {
  const config = resolveDecoderConfig({
    ...minimal,
    activation: 'swiglu',
    norm: undefined,
    rotary: { interleaved: false },
  } as DecoderOptions)
  expect(config).toMatchObject({ feedForwardWidth: 64, norm: 'layer', rotary: { base: 10000, interleaved: false } })
  expect(resolveDecoderConfig(config)).toEqual(config)
})

const loop = { kind: 'cotformer', layers: 1 } as const
const impossible: [string, unknown, string][] = [
  ['an unknown option', { ...minimal, layers: 3 }, 'config.layers: there is no such option'],
  [
    'an unknown option of the stack',
    { ...minimal, stack: { layers: 1, repeat: 2 } },
    'stack.repeat: there is no such option',
  ],
  ['no stack', { ...minimal, stack: undefined }, 'stack: expected an object of options, got undefined'],
  ['no width', { ...minimal, width: undefined }, 'width: expected a whole number of at least 1, got undefined'],
  [
    'half a token',
    { ...minimal, vocabularySize: 1.5 },
    'vocabularySize: expected a whole number of at least 1, got 1.5',
  ],
  ['heads that do not divide', { ...minimal, heads: 5 }, 'heads: expected a divisor of the width 24, got 5'],
  [
    'key heads that do not divide',
    { ...minimal, keyValueHeads: 3 },
    'keyValueHeads: expected a divisor of the 4 heads, got 3',
  ],
  [
    'rotary on an odd head',
    { ...minimal, heads: 8 },
    'heads: expected an even width / heads for rotary positions, got 8',
  ],
  [
    'a strange kind',
    { ...minimal, stack: { layers: 1, kind: 'cot' } },
    'stack.kind: expected one of "standard", "block-universal", "cotformer", got "cot"',
  ],
  [
    'no repeated block',
    { ...minimal, stack: { ...loop, layers: 0 } },
    'stack.layers: expected a whole number of at least 1, got 0',
  ],
  [
    'no repeat',
    { ...minimal, stack: { ...loop, repeats: 0 } },
    'stack.repeats: expected a whole number of at least 1, got 0',
  ],
  [
    'repeats of a standard stack',
    { ...minimal, stack: { layers: 1, repeats: 2 } },
    'stack.repeats: expected 1 in a standard stack, got 2',
  ],
  [
    'a norm after no repeat',
    { ...minimal, stack: { layers: 1, repeatNorm: true } },
    'stack.repeatNorm: expected false in a standard stack, got true',
  ],
  [
    'a depth without repeats',
    { ...minimal, stack: { layers: 1, depthEmbedding: 'linear' } },
    'stack.depthEmbedding: expected "none" in a standard stack, got "linear"',
  ],
  [
    'a bias in RMS norm',
    { ...minimal, norm: 'rms', normBias: true },
    'normBias: expected false with norm "rms", which has no bias, got true',
  ],
  ['dropout of everything', { ...minimal, dropout: 1 }, 'dropout: expected a rate of at least 0 and below 1, got 1'],
  ['a word for a number', { ...minimal, rotary: { base: 'big' } }, 'rotary.base: expected a number above 0, got "big"'],
  [
    'an odd part of a head',
    { ...minimal, rotary: { fraction: 0.5 } },
    'rotary.fraction: expected a part of the head width 6 that is whole and even, got 0.5',
  ],
  [
    'an unknown scaling',
    { ...minimal, rotary: { scaling: { type: 'yarn', factor: 2 } } },
    'rotary.scaling.type: expected one of "linear", "llama3", got "yarn"',
  ],
  [
    'a scaling without factor',
    { ...minimal, rotary: { scaling: { type: 'linear' } } },
    'rotary.scaling.factor: expected a number above 0, got undefined',
  ],
  [
    'post-norm in parallel',
    { ...minimal, residual: 'parallel', normPlacement: 'post' },
    'residual: expected "sequential" with normPlacement "post", got "parallel"',
  ],
  [
    'distances below the exact ones',
    { ...minimal, relative: { buckets: 8, maximumDistance: 4 } },
    'relative.maximumDistance: expected more than buckets / 2 = 4, got 4',
  ],
  [
    'an offset without a table',
    { ...minimal, positionOffset: 2 },
    'positionOffset: expected 0 unless positions are "learned", got 2',
  ],
  ['a number for a boolean', { ...minimal, bias: 1 }, 'bias: expected true or false, got 1'],
]

test.each(impossible)('refuses %s', (_, options, message) => {
  let caught: unknown
  try {
    resolveDecoderConfig(options as DecoderOptions)
  } catch (error) {
    caught = error
  }
  expect(LemanicError.isInstance(caught) && caught.message.split('\n')[0]).toBe(message)
})

test('an encoder–decoder: defaults, and what cannot be', () => {
  const { stack: _, ...size } = minimal
  const options = { ...size, encoderLayers: 3, startToken: 5 }
  const config = resolveEncoderDecoderConfig(options)
  expect(config).toMatchObject({ encoderLayers: 3, decoderLayers: 3, startToken: 5, positions: 'rotary' })
  expect(resolveEncoderDecoderConfig(config)).toEqual(config)
  expect(() => resolveEncoderDecoderConfig({ ...options, startToken: 100 })).toThrow(
    'startToken: expected an id below the vocabularySize 100, got 100',
  )
  expect(() => resolveEncoderDecoderConfig({ ...options, residual: 'parallel' })).toThrow(
    'residual: expected "sequential" in an encoder–decoder, got "parallel"',
  )
  expect(() => resolveEncoderDecoderConfig({ ...options, stack: { layers: 1 } } as never)).toThrow(
    'config.stack: there is no such option',
  )
})
