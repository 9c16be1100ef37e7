import { leastSquaresSlope } from '@lemanic/eval'
import type { Params } from '@lemanic/tensor-core'
import {
  calibrateThresholds,
  capacitiesOfLevel,
  countMultiplyAccumulates,
  type Decoder,
  type DecoderOptions,
  evaluate,
  type Routing,
  traceExits,
} from '@lemanic/transformer'
import { budgets, type BudgetMetric } from './metrics.js'

/** Loss against computation for one way of spending it. */
export interface BudgetCurve {
  /** Multiply–accumulates of a token, rising. */
  readonly x: number[]
  /** Nats a token. */
  readonly y: number[]
}

export interface BudgetMeasurement {
  readonly metrics: Record<BudgetMetric | 'routerGain' | 'budgetSlope' | 'thresholdDrift' | 'thresholdDepth', number>
  readonly curves: { readonly router: BudgetCurve; readonly prefix: BudgetCurve; readonly levels: BudgetCurve }
  /** Thresholds of the budget of 0.6. */
  readonly thresholds: number[]
}

/** Levels of the paper's budget curve: a router lets a token on whose weight is at least 1 − level. */
const paperLevels = [0, 0.1, 0.2, 0.4, 0.6, 0.8, 0.85, 0.9, 0.95, 1]

/** The budget at which thresholds are compared with top k. */
const thresholdBudget = 0.6

const powers = (c: number, count: number): number[] => Array.from({ length: count }, (_, i) => c ** (i + 1))

/** Height of a curve at x, straight between its points. */
export function interpolate({ x, y }: BudgetCurve, at: number): number {
  const next = Math.max(
    1,
    x.findIndex((value) => value >= at),
  )
  const part = (at - x[next - 1]!) / (x[next]! - x[next - 1]!)
  return y[next - 1]! + part * (y[next]! - y[next - 1]!)
}

/**
 * What an adaptive model does with less computation: the router's choice of tokens against as many repeats for all,
 * the paper's own levels, and thresholds (which generation can use) against top k. `calibration`: training text.
 */
export async function measureBudgets(
  { model, options, params }: { readonly model: Decoder; readonly options: DecoderOptions; readonly params: Params },
  text: {
    readonly sequences: readonly Int32Array[]
    readonly calibration: readonly Int32Array[]
    readonly batchSize: number
    readonly signal: AbortSignal
  },
): Promise<BudgetMeasurement> {
  const { contextLength, stack } = model.config
  const routers = stack.repeats - 1
  const macs = (capacities: readonly number[]): number =>
    countMultiplyAccumulates(options, { tokens: contextLength, logits: 'all', capacities }).total / contextLength
  const { sequences, calibration, batchSize, signal } = text
  const lossOf = async (routing: Routing): Promise<number> =>
    (await evaluate(model, params, sequences, { batchSize, signal, routing })).loss
  const curveOf = async (all: readonly (readonly number[])[]): Promise<BudgetCurve> => {
    const y: number[] = []
    for (const capacities of all) y.push(await lossOf({ capacities }))
    return { x: all.map(macs), y }
  }
  const prefix = await curveOf(
    Array.from({ length: routers + 1 }, (_, deep) => Array.from({ length: routers }, (_, i) => (i < deep ? 1 : 0))),
  )
  const between = await curveOf(budgets.map((c) => powers(c, routers)))
  const router = {
    x: [prefix.x[0]!, ...between.x, prefix.x.at(-1)!],
    y: [prefix.y[0]!, ...between.y, prefix.y.at(-1)!],
  }
  const gains = between.x.map((x, i) => between.y[i]! - interpolate(prefix, x))
  const full = router.x.at(-1)!
  const { thresholds } = await calibrateThresholds(model, params, calibration, powers(thresholdBudget, routers))
  const byThreshold = await lossOf({ thresholds })
  const wanted = 1 + powers(thresholdBudget, routers).reduce((sum, part) => sum + part, 0)
  const taken = await averageRepeats(model, params, sequences.slice(0, 64), { thresholds })
  return {
    metrics: {
      ...(Object.fromEntries(budgets.map((c, i) => [`budget${c}`, between.y[i]!])) as Record<BudgetMetric, number>),
      routerGain: gains.reduce((sum, gain) => sum + gain, 0) / gains.length,
      budgetSlope: leastSquaresSlope(
        router.x.map((x) => x / full),
        router.y,
      ),
      thresholdDrift: byThreshold - between.y[budgets.indexOf(thresholdBudget)]!,
      thresholdDepth: taken - wanted,
    },
    curves: { router, prefix, levels: await levelCurve() },
    thresholds,
  }

  async function levelCurve(): Promise<BudgetCurve> {
    const weights: number[][] = Array.from({ length: routers }, () => [])
    for (const sequence of calibration) {
      const trace = await traceExits(model, params, sequence)
      trace.weights.forEach((own, i) => weights[i]!.push(...own))
    }
    const points = new Map<string, number[]>()
    for (const level of paperLevels) {
      const capacities = capacitiesOfLevel(weights, level, contextLength)
      points.set(capacities.join(), capacities)
    }
    return curveOf([...points.values()])
  }
}

/** Mean number of repeats of the tokens of some sequences (their last token is only a target). */
export async function averageRepeats(
  model: Decoder,
  params: Params,
  sequences: readonly Int32Array[],
  routing?: Routing,
): Promise<number> {
  let [repeats, tokens] = [0, 0]
  for (const sequence of sequences) {
    const trace = await traceExits(model, params, sequence.subarray(0, -1), routing === undefined ? {} : { routing })
    for (const own of trace.repeats) repeats += own
    tokens += trace.repeats.length
  }
  return repeats / tokens
}
