import {
  add,
  dispose,
  multiply,
  randomKey,
  scope,
  setDefaultBackend,
  tensor,
  valueAndGrad,
  zipParams,
  type Params,
  type RandomKey,
  type Tensor,
} from '@lemanic/tensor-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { StackConfig } from './config.js'
import {
  availableBackends,
  relativeError,
  roughParams,
  someTokens,
  tinyDecoder,
  values,
} from './testing/tiny-decoder.js'

const kinds = ['standard', 'block-universal', 'cotformer'] as const
const looped = { layers: 2, repeats: 3 } as const
const stacks: Record<string, Partial<StackConfig>> = {
  standard: { kind: 'standard' },
  'Block Universal': { kind: 'block-universal', ...looped },
  CoTFormer: { kind: 'cotformer', ...looped },
  'LN-CoTFormer with reserved blocks and depth embedding': {
    kind: 'cotformer',
    begin: 1,
    layers: 1,
    end: 1,
    repeats: 3,
    repeatNorm: true,
    depthEmbedding: 'linear',
  },
}

describe.each(await availableBackends())('on $name', ({ backend }) => {
  beforeAll(() => void setDefaultBackend(backend))
  afterAll(() => void setDefaultBackend(undefined))

  test('one repeat: all stacks give the same bits', () => {
    const tokens = someTokens(2, 9)
    const [standard, ...others] = kinds.map((kind) => {
      const model = tinyDecoder({ kind, begin: 1, layers: 2, end: 1 })
      return values(model.apply(roughParams(model, randomKey(3)), { tokens }))
    })
    for (const logits of others) expect(logits).toEqual(standard)
  })

  test('with more repeats the stacks differ', () => {
    const tokens = someTokens(2, 9)
    const [universal, cotformer] = (['block-universal', 'cotformer'] as const).map((kind) => {
      const model = tinyDecoder({ kind, ...looped })
      return values(model.apply(roughParams(model, randomKey(3)), { tokens }))
    })
    expect(relativeError(cotformer!, universal!)).toBeGreaterThan(0.01)
  })

  test.each(Object.entries(stacks))('%s is causal: a later token changes no earlier logit', (_, stack) => {
    const model = tinyDecoder(stack)
    const params = roughParams(model, randomKey(5))
    const ids = someTokens(1, 9).dataSync() as Int32Array
    const before = values(model.apply(params, { tokens: tensor(ids, [1, 9]) }))
    for (const place of [1, 4, 8]) {
      const changed = ids.with(place, (ids[place]! + 1) % 23)
      const after = values(model.apply(params, { tokens: tensor(changed, [1, 9]) }))
      expect(after.subarray(0, place * 23)).toEqual(before.subarray(0, place * 23))
      expect(after.subarray(place * 23, (place + 1) * 23)).not.toEqual(before.subarray(place * 23, (place + 1) * 23))
    }
  })

  test.each(Object.entries(stacks))(
    '%s: loss and gradients are the same bits on every run, and no tensor is left',
    (_, stack) => {
      const model = tinyDecoder(stack)
      const params = roughParams(model, randomKey(5))
      const batch = { tokens: someTokens(2, 9), targets: someTokens(2, 9, { offset: 1 }) }
      const step = (): Float32Array[] => {
        const { loss, grads } = valueAndGrad(model.loss)(params, batch)
        const result = [values(loss), ...Object.values(grads).map(values)]
        dispose([loss, grads])
        return result
      }
      const first = step()
      const { buffers, bytes } = backend.memory()
      const second = step()
      expect(second).toEqual(first)
      expect(backend.memory()).toMatchObject({ buffers, bytes })
      model.apply(params, batch).dispose()
      expect(backend.memory()).toMatchObject({ buffers, bytes })
    },
  )

  test.each(Object.entries(stacks))('%s: every gradient agrees with finite differences', (_, stack) => {
    const model = tinyDecoder(stack)
    const params = roughParams(model, randomKey(9))
    const batch = { tokens: someTokens(2, 9), targets: someTokens(2, 9, { offset: 1 }) }
    const { grads } = valueAndGrad(model.loss)(params, batch)
    for (const name of Object.keys(params)) {
      const gradient = values(grads[name]!)
      const length = Math.hypot(...gradient)
      const move = (by: number): number =>
        scope(() => {
          const moved: Tensor = tensor(
            values(params[name]!).map((x, i) => x + (by * gradient[i]!) / length),
            params[name]!.shape,
          )
          return model.loss({ ...params, [name]: moved }, batch).item()
        })
      const slope = (move(1e-2) - move(-1e-2)) / 2e-2 // along the gradient it is the gradient's length
      expect(Math.abs(slope - length) / length, name).toBeLessThan(0.02)
    }
  })

  test('the gradient of a tied head is the sum of both uses', () => {
    const tied = tinyDecoder()
    const untied = tinyDecoder({}, { tiedHead: false })
    const params = roughParams(tied, randomKey(7))
    const batch = { tokens: someTokens(2, 9), targets: someTokens(2, 9, { offset: 1 }) }
    const shared = valueAndGrad(tied.loss)(params, batch)
    const apart = valueAndGrad(untied.loss)({ ...params, 'head.weight': params['embedding.weight']! }, batch)
    expect(shared.loss.item()).toBe(apart.loss.item())
    const [input, output] = [values(apart.grads['embedding.weight']!), values(apart.grads['head.weight']!)]
    expect(
      relativeError(
        values(shared.grads['embedding.weight']!),
        input.map((x, i) => x + output[i]!),
      ),
    ).toBeLessThan(1e-5)
    expect(Math.hypot(...input)).toBeGreaterThan(0)
    expect(Math.hypot(...output)).toBeGreaterThan(0)
  })

  test('dropout: the key decides, evaluation drops nothing, and a step without key is refused', () => {
    const model = tinyDecoder({ kind: 'cotformer', ...looped }, { dropout: 0.3 })
    const plain = tinyDecoder({ kind: 'cotformer', ...looped })
    const params = roughParams(model, randomKey(7))
    const batch = { tokens: someTokens(2, 9) }
    const logits = (key?: RandomKey, training?: boolean): Float32Array =>
      values(model.apply(params, batch, { ...(key && { key }), ...(training !== undefined && { training }) }))
    expect(logits(randomKey(1))).toEqual(logits(randomKey(1), true))
    expect(logits(randomKey(1))).not.toEqual(logits(randomKey(2)))
    expect(logits()).toEqual(values(plain.apply(params, batch)))
    expect(logits(randomKey(1), false)).toEqual(logits())
    expect(() => logits(undefined, true)).toThrow(/dropout: expected a random key/)
  })

  test.each(['attentionDropout', 'activationDropout', 'finalDropout'] as const)(
    '%s: the key decides, and the gradient is that of what was dropped',
    (name) => {
      const model = tinyDecoder({ kind: 'cotformer', ...looped }, { [name]: 0.3 })
      const plain = tinyDecoder({ kind: 'cotformer', ...looped })
      const params = roughParams(model, randomKey(7))
      const batch = { tokens: someTokens(2, 9), targets: someTokens(2, 9, { offset: 3 }) }
      const lossOf = (own: Params, seed?: number): number =>
        scope(() => model.loss(own, batch, seed === undefined ? {} : { key: randomKey(seed) }).item())
      expect(lossOf(params)).toBe(plain.loss(params, batch).item())
      expect(lossOf(params, 1)).toBe(lossOf(params, 1))
      expect(lossOf(params, 1)).not.toBe(lossOf(params, 2))
      expect(lossOf(params, 1)).not.toBe(lossOf(params))
      // along the gradient the loss changes by its square: the backward pass drops what the forward pass dropped
      const { grads } = valueAndGrad((own: Params) => model.loss(own, batch, { key: randomKey(1) }))(params)
      const squares = Object.values(grads).reduce((sum, x) => sum + values(x).reduce((a, b) => a + b * b, 0), 0)
      const step = 0.01 / Math.sqrt(squares)
      const moved = (sign: number): Params => zipParams([params, grads], ([x, g]) => add(x, multiply(g, sign * step)))
      const slope = (lossOf(moved(1), 1) - lossOf(moved(-1), 1)) / (2 * step)
      expect(slope / squares).toBeCloseTo(1, 2)
    },
  )

  test('a fixed bias of the output layer takes part, and is not learned', () => {
    const model = tinyDecoder({}, { headBias: 'fixed' })
    const learned = tinyDecoder({}, { headBias: true })
    const params = roughParams(model, randomKey(7))
    const batch = { tokens: someTokens(1, 5), targets: someTokens(1, 5, { offset: 3 }) }
    const results = [model, learned].map((one) => valueAndGrad((own: Params) => one.loss(own, batch))(params))
    expect(results[0]!.loss.item()).toBe(results[1]!.loss.item())
    expect(values(results[0]!.grads['head.bias']!).every((x) => x === 0)).toBe(true)
    expect(values(results[1]!.grads['head.bias']!).some((x) => x !== 0)).toBe(true)
  })

  test('bad input is refused before any work', () => {
    const model = tinyDecoder()
    const params = model.init(randomKey(0))
    const apply = (tokens: Tensor): Tensor => model.apply(params, { tokens })
    expect(() => apply(someTokens(1, 10))).toThrow(
      'tokens: expected at most contextLength = 9 tokens a sequence, got 10',
    )
    expect(() => apply(tensor(Int32Array.of(1, 23), [1, 2]))).toThrow(
      'tokens: expected ids from 0 to 22, got 23 at place 1',
    )
    expect(() => apply(tensor(Int32Array.of(-1), [1, 1]))).toThrow('got -1 at place 0')
    expect(() => apply(tensor([1, 2]))).toThrow('expected int32 [batch, time] with at least one token, got float32 [2]')
    const batch = { tokens: someTokens(2, 4), targets: someTokens(1, 8) }
    expect(() => model.loss(params, batch)).toThrow('targets: expected the shape of the tokens, [2, 4], got [1, 8]')
    const { 'final_norm.weight': _, ...rest } = params
    expect(() =>
      model.apply({ ...rest, 'embedding.weight': params['final_norm.weight']! }, { tokens: someTokens(1, 2) }),
    ).toThrow(
      'the parameters do not fit the model: embedding.weight has shape [16], expected [23, 16]; final_norm.weight is missing, expected [16]',
    )
  })

  test('targets of −100 count for nothing', () => {
    const model = tinyDecoder()
    const params = roughParams(model, randomKey(1))
    const tokens = someTokens(1, 4)
    const both = model.loss(params, { tokens, targets: tensor(Int32Array.of(5, -100, -100, -100), [1, 4]) }).item()
    const alone = model
      .loss(params, {
        tokens: tensor((tokens.dataSync() as Int32Array).slice(0, 1), [1, 1]),
        targets: tensor(Int32Array.of(5), [1, 1]),
      })
      .item()
    expect(both).toBeCloseTo(alone, 5)
  })
})
