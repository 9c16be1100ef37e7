import type { RunContext, RunOutput } from '@lemanic/eval'
import { cells, type Cell } from './arms.js'
import type { LaserEngine } from './engine.js'
import type { LaserOptions } from './options.js'
import { trainCell, type TrainedCell } from './train-cell.js'
import { rateOf, tunedRate } from './tune.js'

export type LaserContext = RunContext<LaserOptions, LaserEngine>

/** Accuracy on validation pictures that energy is counted up to. */
export const targetAccuracy = 85

/** One cell at one seed: its learning rate is tuned with another seed first, unless that was done before. */
export async function runCell(arm: string, seed: number, context: LaserContext): Promise<RunOutput> {
  const { options, engine, clock, report } = context
  const cell = cells[arm]!
  let done = 0
  const train = (own: Cell, ownSeed: number, exponent: number, what: string): Promise<TrainedCell> =>
    trainCell({
      cell: own,
      seed: ownSeed,
      learningRate: rateOf(exponent),
      data: engine.data,
      options,
      clock,
      ...(ownSeed === options.tuningSeed || own.method !== 'noiseless' || own.problem !== 'mlp'
        ? {}
        : { spectrumEvery: options.problems.mlp.evaluateEvery }),
      onStep: (step, steps) =>
        report({
          fraction: Math.min(0.99, (done + step / steps) / (done + 1.5)),
          message: `${arm}, seed ${seed}, ${what}, step ${step}/${steps}`,
        }),
    })
  const tuning = await tunedRate(cell, options, engine.tuningFolder, async (own, exponent) => {
    const result = await train(own, options.tuningSeed, exponent, `tuning, rate 10^${exponent / 2}`)
    done++
    return result
  })
  const trained = await train(cell, seed, tuning.exponent, 'training')
  const { test, curve, noiseToSignal, bytes, peakShare, energy, converged } = trained
  const reached = curve.y.findIndex((value) => test.accuracy !== undefined && value >= targetAccuracy)
  const share = reached < 0 ? undefined : curve.x[reached]! / options.problems[cell.problem].steps
  return {
    metrics: {
      loss: test.loss,
      ...(test.accuracy === undefined ? {} : { accuracy: test.accuracy }),
      'learning rate': tuning.exponent / 2,
      diverged: converged ? 0 : 1,
      'megabytes a step': bytes / 1e6,
      ...(cell.method === 'noiseless'
        ? {}
        : { 'noise to signal': Math.log10(Math.max(1e-12, noiseToSignal)), 'peak power': peakShare }),
      ...(share === undefined || cell.method === 'noiseless' || share === 0
        ? {}
        : { 'energy to target': Math.log10(energy * share) }),
    },
    curves: {
      validation: curve,
      ...Object.fromEntries(Object.entries(trained.spectra).map(([name, values]) => [`spectrum ${name}`, values])),
    },
    samples: {
      milliseconds: [...trained.milliseconds],
      'tuning exponents': tuning.tried.map(([exponent]) => exponent / 2),
      'tuning scores': tuning.tried.map(([, score]) => score),
    },
  }
}
