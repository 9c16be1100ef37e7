import {
  createNativeBackend,
  emptyState,
  inProcessCollectives,
  mapParams,
  multiply,
  randomKey,
  singleProcess,
  slice,
  tensor,
  type Params,
  type Reduction,
  type Stacked,
} from '@lemanic/tensor-core'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  compressedReducer,
  fixedGains,
  gaussianChannel,
  identity,
  laser,
  linearPower,
  noiselessChannel,
  rayleighFading,
  stepPower,
  withoutErrorFeedback,
  type Channel,
  type Compressor,
} from '../index.js'
import { sampleGradients } from '../testing/index.js'

const backend = createNativeBackend({ threads: 1 })

async function reduce(
  channel: Channel,
  local: Stacked,
  draw = 0,
  compressor: Compressor = identity(),
): Promise<Reduction> {
  const reducer = compressedReducer({ compressor, channel })
  const params = mapParams(local, (value) => multiply(slice(value, [[0, 1]]), 0))
  const like = mapParams(params, (value) => tensor(new Float32Array(value.size), value.shape.slice(1), { backend }))
  const state = reducer.init?.(like, Object.values(local)[0].shape[0]) ?? emptyState
  return reducer.reduce(local, { collectives: singleProcess, state, key: randomKey(5).foldIn(draw), step: 0 })
}
const flat = (params: Params): number[] => Object.values(params).flatMap((value) => [...value.dataSync()].map(Number))
const energy = (values: readonly number[]): number => values.reduce((sum, value) => sum + value * value, 0)

/** Energy of the noise alone, over independent draws: mean and its standard error. */
async function noiseEnergy(channel: Channel, local: Stacked, compressor: Compressor, draws: number) {
  const exact = flat((await reduce(gaussianChannel({ power: Infinity }), local, 0, compressor)).reduced)
  const energies: number[] = []
  const mean = exact.map(() => 0)
  for (let draw = 0; draw < draws; draw++) {
    const noisy = flat((await reduce(channel, local, draw, compressor)).reduced)
    const noise = noisy.map((value, i) => value - exact[i])
    noise.forEach((value, i) => (mean[i] += value / draws))
    energies.push(energy(noise))
  }
  const average = energies.reduce((a, b) => a + b, 0) / draws
  const error = Math.sqrt(energies.reduce((sum, e) => sum + (e - average) ** 2, 0) / draws / draws)
  return { average, error, mean }
}

describe('laws of the channel', () => {
  const workers = 4
  const local = { weight: sampleGradients(9, workers, backend)['first.weight'] } // [4, 12, 10]
  const rows = (value: Stacked[string]): number[] =>
    Array.from({ length: workers }, (_, k) =>
      Math.sqrt(energy([...value.dataSync()].slice(k * 120, (k + 1) * 120) as number[])),
    )

  test('plain: the noise has energy d·c²/(K²P) and mean 0', async () => {
    const { average, error, mean } = await noiseEnergy(gaussianChannel({ power: 20 }), local, identity(), 300)
    const law = (120 * Math.max(...rows(local.weight)) ** 2) / (workers ** 2 * 20)
    expect(Math.abs(average - law)).toBeLessThan(4 * error)
    expect(energy(mean)).toBeLessThan((2 * law) / 300)
  })

  test('LASER: the noise has energy r·m·c²/(K²P), less than the plain one by r/n', async () => {
    const rank = 2
    const compressor = withoutErrorFeedback(laser({ rank }))
    const { average, error } = await noiseEnergy(gaussianChannel({ power: 20 }), local, compressor, 300)
    const report = (await reduce(gaussianChannel({ power: 20 }), local, 0, compressor)).telemetry
    expect(Math.abs(average - Number(report?.expectedNoiseEnergy))).toBeLessThan(4 * error)
    // Messages that lie in the basis have the same loudness before and after: then the ratio is r/n exactly.
    const first = await reduce(gaussianChannel({ power: Infinity }), local, 0, compressor)
    const inBasis = { weight: tensor(Float32Array.from(flat(first.reduced)), [1, 12, 10], { backend }) }
    const plain = await reduce(gaussianChannel({ power: 20 }), inBasis)
    const low = await reduce(gaussianChannel({ power: 20 }), inBasis, 0, compressor)
    const ratio = Number(low.telemetry?.expectedNoiseEnergy) / Number(plain.telemetry?.expectedNoiseEnergy)
    expect(ratio).toBeCloseTo(rank / 12, 4)
  })

  test('no worker uses more than its power, and one that is loudest everywhere uses all of it', async () => {
    const value = fc.double({ min: -100, max: 100, noNaN: true })
    const tensors = fc.array(fc.array(value, { minLength: 6, maxLength: 6 }), { minLength: 1, maxLength: 4 })
    await fc.assert(
      fc.asyncProperty(tensors, fc.double({ min: 1e-3, max: 1e6, noNaN: true }), async (values, power) => {
        const payload = Object.fromEntries(
          values.map((numbers, j) => [`t${j}`, tensor(Float32Array.from(numbers), [3, 2], { backend })]),
        )
        const { telemetry } = await reduce(gaussianChannel({ power }), payload)
        expect(Number(telemetry?.peakTransmittedPower)).toBeLessThanOrEqual(power * (1 + 1e-5))
        expect(Number(telemetry?.transmittedPower)).toBeLessThanOrEqual(
          Number(telemetry?.peakTransmittedPower) * 1.00001,
        )
      }),
      { numRuns: 60 },
    )
    const alone = await reduce(gaussianChannel({ power: 7 }), sampleGradients(1, 1, backend))
    expect(Number(alone.telemetry?.transmittedPower)).toBeCloseTo(7, 4)
  })

  test('infinite power and zero variance are exact, bit by bit', async () => {
    const gradients = sampleGradients(4, 3, backend)
    const exact = flat((await reduce(noiselessChannel(), gradients)).reduced)
    for (const channel of [
      gaussianChannel({ power: Infinity }),
      gaussianChannel({ power: 1, noiseVariance: 0 }),
      gaussianChannel({ power: Infinity, links: 'separate', fading: rayleighFading({ threshold: 0 }) }),
    ])
      expect(flat((await reduce(channel, gradients)).reduced)).toEqual(exact)
  })

  test('the realised noise is what is reported', async () => {
    const gradients = sampleGradients(4, 3, backend)
    const exact = flat((await reduce(noiselessChannel(), gradients)).reduced)
    const { reduced, telemetry } = await reduce(gaussianChannel({ power: 5 }), gradients)
    const noise = energy(flat(reduced).map((value, i) => value - exact[i]))
    expect(Number(telemetry?.noiseEnergy) / noise).toBeCloseTo(1, 3)
    expect(Number(telemetry?.signalEnergy) / energy(exact)).toBeCloseTo(1, 3)
    expect(Number(telemetry?.signalToNoise)).toBeCloseTo(energy(exact) / noise, 1)
  })

  test('separate links: the noises of the workers add up, and power is used in full', async () => {
    const { average, error } = await noiseEnergy(
      gaussianChannel({ power: 20, links: 'separate' }),
      local,
      identity(),
      300,
    )
    const law = (120 * energy(rows(local.weight))) / (workers ** 2 * 20)
    expect(Math.abs(average - law)).toBeLessThan(4 * error)
    const { telemetry } = await reduce(gaussianChannel({ power: 20, links: 'separate' }), local)
    expect(Number(telemetry?.transmittedPower)).toBeCloseTo(20, 4)
  })
})

describe('fading', () => {
  const gradients = sampleGradients(6, 3, backend)
  const rowsOf = (name: string): number[][] => {
    const data = [...gradients[name].dataSync()].map(Number)
    const size = data.length / 3
    return [0, 1, 2].map((k) => data.slice(k * size, (k + 1) * size))
  }

  test('inversion: workers in a deep fade are silent, the others average', async () => {
    const channel = gaussianChannel({ power: Infinity, fading: fixedGains([1, 0.05, 2], { threshold: 0.1 }) })
    const { reduced, telemetry } = await reduce(channel, gradients)
    const [a, , c] = rowsOf('bias')
    reduced.bias.dataSync().forEach((value, i) => expect(Number(value)).toBeCloseTo((a[i] + c[i]) / 2, 5))
    expect(telemetry?.activeWorkers).toBe(2)
  })

  test('no compensation: gains weigh the workers', async () => {
    const channel = gaussianChannel({ power: Infinity, fading: fixedGains([1, 2, 5], { compensation: 'none' }) })
    const { reduced } = await reduce(channel, gradients)
    const [a, b, c] = rowsOf('bias')
    reduced.bias
      .dataSync()
      .forEach((value, i) => expect(Number(value)).toBeCloseTo((a[i] + 2 * b[i] + 5 * c[i]) / 8, 4))
  })

  test('inversion keeps to the power and is louder for a weak worker', async () => {
    const faded = await reduce(gaussianChannel({ power: 5, fading: fixedGains([1, 0.2, 1]) }), gradients)
    const flatGains = await reduce(gaussianChannel({ power: 5 }), gradients)
    expect(Number(faded.telemetry?.peakTransmittedPower)).toBeLessThanOrEqual(5.0001)
    expect(Number(faded.telemetry?.expectedNoiseEnergy)).toBeGreaterThan(
      10 * Number(flatGains.telemetry?.expectedNoiseEnergy),
    )
  })

  test('all silent: nothing is received, nothing is noise', async () => {
    const channel = gaussianChannel({ power: 5, fading: fixedGains([0.01, 0.01, 0.01]) })
    const { reduced, telemetry } = await reduce(channel, gradients)
    expect(flat(reduced).every((value) => value === 0)).toBe(true)
    expect(telemetry?.activeWorkers).toBe(0)
  })

  test('Rayleigh gains have E[h²] = 1', () => {
    const gains = rayleighFading().gains(randomKey(3), 20_000)
    expect(energy([...gains]) / 20_000).toBeCloseTo(1, 1)
  })
})

test.each([
  ['linear, rising', linearPower({ mean: 3, steps: 11 })],
  ['linear, falling', linearPower({ mean: 3, steps: 11, direction: 'falling', ratio: 4 })],
  ['step, rising', stepPower({ mean: 3, steps: 11 })],
  ['step, falling', stepPower({ mean: 3, steps: 11, direction: 'falling' })],
])('power schedule %s keeps its mean', (name, schedule) => {
  const powers = Array.from({ length: 11 }, (_, step) => schedule(step))
  expect(powers.reduce((a, b) => a + b, 0) / 11).toBeCloseTo(3, 10)
  expect(powers[10] > powers[0]).toBe(name.includes('rising'))
})

test('ranks hear the same noise as a simulation of all workers, and account for the same power', async () => {
  const gradients = sampleGradients(8, 4, backend)
  const channel = gaussianChannel({ power: 3, fading: rayleighFading() })
  const whole = await reduce(channel, gradients)
  const results = await Promise.all(
    inProcessCollectives(2).map((collectives) => {
      const { rank } = collectives
      const local = mapParams(gradients, (value) => slice(value, [[2 * rank, 2 * rank + 2]]))
      const context = { collectives, state: emptyState, key: randomKey(5).foldIn(0), step: 0 }
      return compressedReducer({ compressor: identity(), channel }).reduce(local, context)
    }),
  )
  const expected = flat(whole.reduced)
  for (const { reduced, telemetry } of results) {
    flat(reduced).forEach((value, i) => expect(value).toBeCloseTo(expected[i], 4))
    for (const name of ['transmittedPower', 'peakTransmittedPower', 'expectedNoiseEnergy', 'activeWorkers'])
      expect(Number(telemetry?.[name]) / Number(whole.telemetry?.[name])).toBeCloseTo(1, 4)
  }
})

test('refuses impossible options and what cannot be summed', () => {
  expect(() => gaussianChannel({ power: 0 })).toThrow(/power: expected a number above 0/)
  expect(() => gaussianChannel({ power: 1, allocation: 'norms' as 'norm' })).toThrow(/allocation: expected one of norm/)
  expect(() => gaussianChannel({ power: 1, noise: 2 } as never)).toThrow(/unknown option "noise"/)
})
