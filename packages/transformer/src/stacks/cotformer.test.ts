import {
  concat,
  createCpuBackend,
  full,
  mean,
  multiply,
  randomKey,
  scope,
  setDefaultBackend,
  tensor,
  valueAndGrad,
  zeros,
  type Params,
  type Tensor,
} from '@lemanic/tensor-core'
import { beforeAll, expect, test } from 'vitest'
import type { KeyValueMemory } from '../blocks/attention.js'
import { createBlock, type Block } from '../blocks/block.js'
import { placesOf } from '../blocks/places.js'
import { noDropout } from '../blocks/dropout.js'
import { createRotation } from '../blocks/rotation.js'
import type { DecoderConfig } from '../config.js'
import { createShapeBackend } from '../testing/shape-backend.js'
import { relativeError, roughParams, tinyDecoder, values } from '../testing/tiny-decoder.js'
import { blockUniversalStack } from './block-universal.js'
import { cotformerStack, createRepeatMemory } from './cotformer.js'
import type { StackParts } from './stack.js'

const time = 5
let x: Tensor

beforeAll(() => {
  setDefaultBackend(createCpuBackend())
  x = tensor(
    Float32Array.from({ length: 2 * time * 16 }, (_, i) => Math.sin(i * 1.7) + Math.cos(i * i)),
    [2, time, 16],
  )
})

function partsOf(config: DecoderConfig, params: Params): StackParts {
  const rotate = createRotation(config, placesOf({ backend: x.backend, batch: 2, time }, undefined))
  const pass = { dropout: noDropout, rotate, scoreBias: () => undefined, causal: true }
  const block = (i: number): Block => createBlock(config, params, `blocks.${i}`, pass)
  return {
    begin: [block(0)],
    middle: [block(1), block(2)],
    end: [block(3)],
    repeats: 3,
    enterRepeat: (y) => y,
    leaveRepeat: (y) => y,
  }
}

const model = tinyDecoder({ kind: 'cotformer', begin: 1, layers: 2, end: 1, repeats: 3 })

/** Hides the keys of all repeats but the present one with a bias of −∞. */
function createMaskedMemory(): KeyValueMemory {
  const memory = createRepeatMemory()
  return {
    get held() {
      return memory.held
    },
    remember(own) {
      const attended = memory.remember(own)
      const former = (attended.keys.length - 1) * time
      const open = zeros([1, 1, time, time])
      return { ...attended, bias: former === 0 ? open : concat([full([1, 1, time, former], -Infinity), open], 3) }
    },
  }
}

/** Offers copies of the keys and values of former repeats, through which no gradient flows. */
function createDetachedMemory(): KeyValueMemory {
  const copy = (y: Tensor): Tensor => tensor(values(y), y.shape)
  const memory = createRepeatMemory()
  return {
    get held() {
      return memory.held
    },
    remember(own) {
      const { keys, values: all } = memory.remember(own)
      return {
        keys: [...keys.slice(0, -1).map(copy), ...own.keys],
        values: [...all.slice(0, -1).map(copy), ...own.values],
      }
    },
  }
}

test('with the keys of former repeats hidden it is the Block Universal Transformer', () => {
  const parts = partsOf(model.config, roughParams(model, randomKey(2)))
  const universal = values(blockUniversalStack(parts, x))
  expect(relativeError(values(cotformerStack(parts, x, createMaskedMemory)), universal)).toBeLessThan(1e-6)
  expect(relativeError(values(cotformerStack(parts, x)), universal)).toBeGreaterThan(0.01)
})

test('gradients flow through the keys and values of former repeats', () => {
  const params = roughParams(model, randomKey(2))
  const weights = tensor(
    Float32Array.from({ length: x.size }, (_, i) => Math.cos(i)),
    x.shape,
  )
  const objective = (createMemory: () => KeyValueMemory) => (own: Params) =>
    mean(multiply(cotformerStack(partsOf(model.config, own), x, createMemory), weights))
  const through = valueAndGrad(objective(createRepeatMemory))(params).grads
  const detached = valueAndGrad(objective(createDetachedMemory))(params).grads
  for (const name of ['blocks.1.attention.key.weight', 'blocks.2.attention.value.weight']) {
    const gradient = values(through[name]!)
    expect(relativeError(values(detached[name]!), gradient), `${name} without them`).toBeGreaterThan(0.05)
    const length = Math.hypot(...gradient)
    const move = (by: number): number =>
      scope(() => {
        const moved = tensor(
          values(params[name]!).map((w, i) => w + (by * gradient[i]!) / length),
          params[name]!.shape,
        )
        return objective(createRepeatMemory)({ ...params, [name]: moved }).item()
      })
    expect(Math.abs((move(1e-2) - move(-1e-2)) / 2e-2 - length) / length, name).toBeLessThan(0.01)
  }
})

test('outside a gradient only the keys and values live on: depth costs no memory, repeats cost theirs', () => {
  const peak = (kind: 'block-universal' | 'cotformer', layers: number, repeats: number): number => {
    const backend = createShapeBackend()
    const former = setDefaultBackend(backend)
    const deep = tinyDecoder({ kind, layers, repeats })
    const params = deep.init(randomKey(0))
    const tokens = tensor(new Int32Array(2 * time), [2, time])
    const start = backend.memory().bytes
    backend.resetPeak()
    deep.apply(params, { tokens }).dispose()
    setDefaultBackend(former)
    return backend.memory().peakBytes - start
  }
  expect(peak('block-universal', 8, 4) - peak('block-universal', 2, 1)).toBeLessThanOrEqual(31 * 2 * time * 16 * 4) // 32 results against 2
  expect(peak('cotformer', 2, 5) - peak('cotformer', 2, 4)).toBe(peak('cotformer', 2, 4) - peak('cotformer', 2, 3))
})
