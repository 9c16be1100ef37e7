import type { OrderName } from '@lemanic/curriculum'
import { disposeParams, train } from '@lemanic/tensor-core'
import { evaluate } from '@lemanic/transformer'
import type { ArmName } from './arms.js'
import { type CotformerContext, trainingParts } from './run-arm.js'
import { createTrainingRun } from './training-run.js'

/** Steps before the clock counts: the first ones fill caches and compile. */
const warmUpSteps = 3

/** Measured steps, at least. */
const measuredSteps = 5

const minimumSeconds = 1

/** Seconds of a whole run of this arm, from its first steps and one evaluation; nothing of it is kept. */
export async function probeArm(arm: ArmName, context: CotformerContext): Promise<number> {
  const { options, engine, clock, signal } = context
  const run = createTrainingRun(arm, 0, engine, options, context.dataOrder as OrderName | undefined)
  const stop = new AbortController()
  const seconds: number[] = []
  const { evaluators: _evaluators, ...parts } = trainingParts(run, options)
  let evaluation = 0
  for await (const event of train({
    ...parts,
    steps: options.steps,
    signal: AbortSignal.any([signal, stop.signal]),
    clock,
  })) {
    if (event.type === 'step-end') {
      if (event.step > warmUpSteps) seconds.push(event.seconds!)
      const measured = seconds.reduce((sum, value) => sum + value, 0)
      if (seconds.length >= measuredSteps && measured >= minimumSeconds) stop.abort()
    } else if (event.type === 'train-end') {
      const started = clock()
      await evaluate(run.model, event.params, run.curveSequences, { batchSize: options.batchSize, signal })
      evaluation = (clock() - started) / 1000
      disposeParams(event.params)
    }
  }
  const step = seconds.toSorted((left, right) => left - right)[Math.floor(seconds.length / 2)] ?? 0
  const evaluations = options.evaluationPoints + 1 + options.finalSequences / options.curveSequences
  return options.steps * step + evaluations * evaluation
}
