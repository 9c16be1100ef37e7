import { beforeAll, describe, expect, test } from 'vitest'
import { createCpuBackend } from '../backends/cpu/create-cpu-backend.js'
import { setDefaultBackend } from '../default-backend.js'
import { tensor } from '../operations/creation.js'
import type { Params } from '../params/params.js'
import { scope } from '../scope.js'
import type { Tensor } from '../tensor.js'
import { adam, adamw } from './adamw.js'
import { chain } from './chain.js'
import { clipByGlobalNorm, clipByValue } from './clip.js'
import fixture from './fixtures/trajectories.json' with { type: 'json' }
import { decaysAll } from './moments.js'
import type { Optimizer } from './optimizer.js'
import { oneCycleSchedule } from './schedules.js'
import { sgd } from './sgd.js'

beforeAll(() => {
  setDefaultBackend(createCpuBackend())
})

const optimizers: Readonly<Record<keyof typeof fixture.trajectories, Optimizer>> = {
  sgd: sgd({ learningRate: 0.05 }),
  'sgd-momentum-decay': sgd({ learningRate: 0.05, momentum: 0.9, weightDecay: 0.01 }),
  'sgd-nesterov': sgd({ learningRate: 0.05, momentum: 0.8, nesterov: true }),
  adam: adam({ learningRate: 0.03 }),
  'adam-l2': adam({ learningRate: 0.03, beta1: 0.8, beta2: 0.95, epsilon: 1e-6, weightDecay: 0.1 }),
  'adamw-all': adamw({ learningRate: 0.03, weightDecay: 0.1, decays: decaysAll }),
  'adamw-matrices': adamw({ learningRate: 0.03, weightDecay: 0.3 }),
  'adamw-clip-norm': chain(clipByGlobalNorm(0.5), adamw({ learningRate: 0.03, weightDecay: 0 })),
  'sgd-clip-value': chain(clipByValue(0.2), sgd({ learningRate: 0.1 })),
  'adamw-one-cycle': adamw({
    learningRate: oneCycleSchedule({ peak: 0.1, steps: 25, warmupFraction: 0.2 }),
    beta2: 0.95,
    weightDecay: 0,
  }),
}

const startWeight = Float32Array.from({ length: 6 }, (_, i) => -1 + 0.4 * i)
const paramsOf = (weight: readonly number[] | Float32Array, bias: readonly number[]): Params => ({
  weight: tensor(Float32Array.from(weight), [3, 2]),
  bias: tensor(Float32Array.from(bias), [2]),
})

describe('trajectories of torch.optim, 25 steps', () => {
  test.each(Object.entries(optimizers))('%s', (name, optimizer) => {
    const steps = fixture.trajectories[name as keyof typeof optimizers]
    expect(steps).toHaveLength(25)
    scope(() => {
      let params = paramsOf(startWeight, [0.5, -0.25])
      let state = optimizer.init(params)
      steps.forEach(({ weightGradient, biasGradient, weight, bias }, step) => {
        const next = optimizer.update(paramsOf(weightGradient, biasGradient), state, params, step)
        params = next.params
        state = next.state
        const got = [...(params['weight'] as Tensor).dataSync(), ...(params['bias'] as Tensor).dataSync()]
        ;[...weight, ...bias].forEach((expected, i) => {
          // relative to the size that parameters have here, about 1
          expect(Math.abs((got[i] as number) - expected)).toBeLessThan(1e-6 * Math.max(1, Math.abs(expected)))
        })
      })
    })
  })
})
