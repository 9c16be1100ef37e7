import {
  adamw,
  dispose,
  disposeParams,
  emptyState,
  randomKey,
  scope,
  sgd,
  singleProcess,
  type Json,
  type Params,
  type State,
} from '@lemanic/tensor-core'
import type { Cell } from './arms.js'
import type { LaserData } from './data.js'
import { makeReducer } from './make-reducer.js'
import type { LaserOptions } from './options.js'
import { makeProblem } from './problems/make-problem.js'
import type { Score } from './problems/problem.js'

export interface TrainedCell {
  /** False when the loss stopped being finite; scores are those of a guess then. */
  readonly converged: boolean
  readonly validation: Score
  readonly test: Score
  /** Validation accuracy, or loss where there is none, after so many steps. */
  readonly curve: { readonly x: number[]; readonly y: number[] }
  /** Shares of the four largest σ², by tensor, over steps; only where they were asked for. */
  readonly spectra: Readonly<Record<string, { readonly x: number[]; readonly y: number[] }>>
  /** Means over all steps of the telemetry. */
  readonly noiseToSignal: number
  readonly bytes: number
  /** Largest share of its budget that a worker used in a step. */
  readonly peakShare: number
  /** Σ_t P_t, of a worker's budget. */
  readonly energy: number
  /** Milliseconds of a step: gradients, reduction, and of that the orthogonalisation. */
  readonly milliseconds: readonly [number, number, number]
}

export interface TrainCellOptions {
  readonly cell: Cell
  readonly seed: number
  readonly learningRate: number
  readonly data: LaserData
  readonly options: LaserOptions
  readonly clock: () => number
  readonly spectrumEvery?: number
  readonly onStep: (step: number, steps: number) => Promise<void>
}

/** Losses above this many nats end a run: it will not come back. */
const hopeless = 1e4

/** Trains one cell at one seed and learning rate. Everything but the milliseconds follows from the arguments. */
export async function trainCell(settings: TrainCellOptions): Promise<TrainedCell> {
  const { cell, seed, learningRate, data, options, clock, spectrumEvery, onStep } = settings
  const sizes = options.problems[cell.problem]
  // named streams: arms of a seed share data and start; the noise and the compressor's draws are their own streams
  const key = randomKey(2024).foldIn(cell.problem).foldIn(seed)
  const problem = makeProblem(cell.problem, data, options, key.foldIn('data'))
  const optimizer =
    cell.problem === 'gpt'
      ? adamw({ learningRate, beta2: 0.95, weightDecay: 1e-3 })
      : sgd({ learningRate, momentum: 0.9, weightDecay: 1e-4 })
  const reducer = makeReducer(cell, sizes, { clock, ...(spectrumEvery === undefined ? {} : { spectrumEvery }) })
  let params: Params = problem.init(key.foldIn('init'))
  let state: State = optimizer.init(params)
  let reducerState: State = reducer.init?.(params, options.workers) ?? emptyState
  const curve: TrainedCell['curve'] = { x: [], y: [] }
  const spectra: Record<string, { x: number[]; y: number[] }> = {}
  const totals = { noise: 0, bytes: 0, peak: 0, energy: 0, gradient: 0, reduction: 0, orthogonalization: 0 }
  let converged = true
  const note = (score: Score, at: number): void => {
    curve.x.push(at)
    curve.y.push(score.accuracy ?? score.loss)
  }
  try {
    note(problem.evaluate(params, 'validation'), 0)
    for (let step = 0; step < sizes.steps; step++) {
      const started = clock()
      const { loss, gradients } = problem.gradients(params, step)
      if (!Number.isFinite(loss) || loss > hopeless) {
        disposeParams(gradients)
        converged = false
        break
      }
      totals.gradient += clock() - started
      const context = { collectives: singleProcess, state: reducerState, key: key.foldIn('reducer').foldIn(step), step }
      const { reduced, state: nextReducer, telemetry = {} } = await reducer.reduce(gradients, context)
      const before = { params, state, reducerState }
      ;({ params, state } = scope(() => optimizer.update(reduced, state, params, step)))
      reducerState = nextReducer
      dispose([gradients, reduced])
      release(before, { params, state, reducerState })
      account(totals, telemetry)
      for (const [name, share] of Object.entries((telemetry.spectrum ?? {}) as Record<string, number>)) {
        spectra[name] ??= { x: [], y: [] }
        spectra[name].x.push(step)
        spectra[name].y.push(share)
      }
      if ((step + 1) % sizes.evaluateEvery === 0) note(problem.evaluate(params, 'validation'), step + 1)
      if (step % 10 === 0) await onStep(step, sizes.steps)
    }
    const guess: Score =
      cell.problem === 'gpt'
        ? { loss: Math.log(data.vocabulary), accuracy: undefined }
        : { loss: Math.log(10), accuracy: 10 }
    const scoreOf = (part: 'validation' | 'test'): Score => {
      const score = converged ? problem.evaluate(params, part) : guess
      return Number.isFinite(score.loss) ? score : guess
    }
    const { steps } = sizes
    return {
      converged,
      validation: scoreOf('validation'),
      test: scoreOf('test'),
      curve,
      spectra,
      noiseToSignal: totals.noise / steps,
      bytes: totals.bytes / steps,
      peakShare: totals.peak,
      energy: totals.energy,
      milliseconds: [totals.gradient / steps, totals.reduction / steps, totals.orthogonalization / steps],
    }
  } finally {
    dispose([params, state, reducerState])
    problem.dispose()
  }
}

interface Totals {
  noise: number
  bytes: number
  peak: number
  energy: number
  reduction: number
  orthogonalization: number
}

function account(totals: Totals, telemetry: Readonly<Record<string, Json>>): void {
  const { seconds, powerBudget, noiseEnergy, signalEnergy, bytes, peakTransmittedPower } = telemetry
  const times = (seconds ?? {}) as Record<string, number>
  totals.reduction += 1000 * (times.total ?? 0)
  totals.orthogonalization += 1000 * (times.orthogonalization ?? 0)
  totals.bytes += Number(bytes)
  if (typeof powerBudget !== 'number') return
  totals.noise += Number(signalEnergy) > 0 ? Number(noiseEnergy) / Number(signalEnergy) : 0
  totals.peak = Math.max(totals.peak, Number(peakTransmittedPower) / powerBudget)
  totals.energy += powerBudget
}

/** Gives back the tensors of `before` that `after` does not hold. */
function release(before: object, after: object): void {
  const kept = new Set<unknown>(tensorsOf(after))
  for (const value of tensorsOf(before)) if (!kept.has(value)) dispose(value)
}

const tensorsOf = ({ params, state, reducerState }: { params?: Params; state?: State; reducerState?: State }) => [
  ...Object.values(params ?? {}),
  ...Object.values(state?.tensors ?? {}),
  ...Object.values(reducerState?.tensors ?? {}),
]
