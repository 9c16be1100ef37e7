import { disposeParams, train } from '@lemanic/tensor-core'
import { type ArmName, isAdaptive } from './arms.js'
import { createRun, type CotformerContext, curveLoss, trainingParts } from './run-arm.js'

/** Steps before the clock counts: the first ones fill caches and compile. */
const warmUpSteps = 3

/** Measured steps, at least. */
const measuredSteps = 5

const minimumSeconds = 1

/** Final evaluations of an adaptive arm: its budgets, numbers of repeats, levels and thresholds. */
const budgetEvaluations = 18

/** Seconds of a whole run of this arm, from its first steps and one evaluation; nothing of it is kept. */
export async function probeArm(arm: ArmName, context: CotformerContext): Promise<number> {
  const { options, clock, signal } = context
  const run = createRun(arm, 0, context)
  const stop = new AbortController()
  const seconds: number[] = []
  const { evaluators: _evaluators, ...parts } = trainingParts(arm, run, options)
  let evaluation = 0
  for await (const event of train({
    ...parts,
    steps: run.steps,
    signal: AbortSignal.any([signal, stop.signal]),
    clock,
  })) {
    if (event.type === 'step-end') {
      if (event.step > warmUpSteps) seconds.push(event.seconds!)
      const measured = seconds.reduce((sum, value) => sum + value, 0)
      if (seconds.length >= measuredSteps && measured >= minimumSeconds) stop.abort()
    } else if (event.type === 'train-end') {
      const started = clock()
      await curveLoss(arm, run, event.params, options)
      evaluation = (clock() - started) / 1000
      disposeParams(event.params)
    }
  }
  const step = seconds.toSorted((left, right) => left - right)[Math.floor(seconds.length / 2)] ?? 0
  const finals = (isAdaptive(arm) ? budgetEvaluations : 1) * (options.finalSequences / options.curveSequences)
  return run.steps * step + (options.evaluationPoints + 1 + finals) * evaluation
}
