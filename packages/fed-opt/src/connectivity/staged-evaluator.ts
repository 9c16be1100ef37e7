import { broadcastTo, gather, reshape, scope, slice, tensor, type Stacked, type Tensor } from '@lemanic/tensor-core'
import { argumentError, checkWhole } from '../refuse.js'
import { evaluateDistinct, mixIdentifier, type MixEvaluator } from './evaluator.js'
import type { ModelPair } from './model-pair.js'
import { stackMixes } from './stack-mixes.js'
import { readVectors } from './stacked-evaluator.js'

/** One step of a network that is a chain of steps. */
export interface Stage {
  /** Parameters that it reads. */
  readonly keys: readonly string[]
  /**
   * The next state of several models. Every parameter is [models, …shape] or, where they have it in common, [1, …shape];
   * so is the state [models or 1, examples, …]. The result is [models, examples, …], 1 if both were.
   */
  readonly apply: (params: Stacked, state: Tensor) => Tensor
}

/** Examples that are measured together. */
export interface EvaluationBatch<Target> {
  /** [examples, …] */
  readonly input: Tensor
  readonly target: Target
  readonly examples: number
}

export interface StagedEvaluatorOptions<Target> {
  readonly stages: readonly Stage[]
  readonly batches: readonly EvaluationBatch<Target>[]
  /** Means over a batch of final states [models, examples, …]: one vector [models] for each name. */
  readonly measure: (output: Tensor, target: Target) => Readonly<Record<string, Tensor>>
  /** Mixes that go through the stages together, ≥ 1: a bound on memory. Default 64. */
  readonly stackSize?: number
}

/**
 * Measures many mixes of a chain of layers at once. At every stage mixes that agree in all parameters so far are one: in a
 * scan of single layers half of all the products disappear, and nearly all of those of a wide first layer. What is left
 * is one stacked product a stage. Batches count by their numbers of examples.
 */
export function stagedEvaluator<Target>(options: StagedEvaluatorOptions<Target>): MixEvaluator {
  const { stages, batches, measure, stackSize = 64 } = options
  checkWhole('stagedEvaluator', 'stackSize', stackSize, 1)
  if (batches.length === 0) throw argumentError('stagedEvaluator', 'batches: expected at least one, got none')
  const total = batches.reduce((sum, { examples }) => sum + examples, 0)
  return {
    evaluate(pair, mixes) {
      checkStages(pair, stages)
      const identify = stages.map(({ keys }) => mixIdentifier(pair, keys))
      return evaluateDistinct(pair, mixes, (distinct) => {
        // neighbours in this order share the most stages
        const names = distinct.map((mix) => identify.map((of) => of(mix)))
        const order = distinct.map((_, i) => i).sort((i, j) => compareNames(names[i]!, names[j]!))
        const results: Record<string, number>[] = distinct.map(() => ({}))
        for (let start = 0; start < order.length; start += stackSize) {
          const part = order.slice(start, start + stackSize)
          const plan = planStages(part.map((i) => names[i]!))
          const own = part.map((i) => distinct[i]!)
          scope(() => {
            const weights = plan.map(({ examples }, stage) =>
              stackMixes(
                pair,
                examples.map((row) => own[row]!),
                stages[stage]!.keys,
              ),
            )
            for (const { input, target, examples } of batches) {
              const means = scope(() => readVectors(measure(run(stages, plan, weights, input), target), part.length))
              means.forEach((values, row) => {
                const result = results[part[row]!]!
                for (const [name, value] of Object.entries(values))
                  result[name] = (result[name] ?? 0) + (value * examples) / total
              })
            }
          })
        }
        return results
      })
    },
  }
}

/** What a stage computes: for every distinct state after it the row of the state before and the row of its weights. */
interface StagePlan {
  readonly states: readonly number[]
  readonly weights: readonly number[]
  /** For every row of weights one mix that has them. */
  readonly examples: readonly number[]
}

function planStages(names: readonly (readonly string[])[]): StagePlan[] {
  let before = names.map(() => 0)
  return names[0]!.map((_, stage) => {
    const weightRows = new Map<string, number>()
    const stateRows = new Map<string, number>()
    const plan = { states: [] as number[], weights: [] as number[], examples: [] as number[] }
    const isLast = stage === names[0]!.length - 1
    before = names.map((own, mix) => {
      const weight = rowOf(weightRows, own[stage]!, () => plan.examples.push(mix))
      // after the last stage the rows are the mixes themselves
      return rowOf(stateRows, isLast ? `${mix}` : `${before[mix]!} ${weight}`, () => {
        plan.states.push(before[mix]!)
        plan.weights.push(weight)
      })
    })
    return plan
  })
}

function rowOf(rows: Map<string, number>, name: string, add: () => void): number {
  const known = rows.get(name)
  if (known !== undefined) return known
  add()
  rows.set(name, rows.size)
  return rows.size - 1
}

function run(stages: readonly Stage[], plan: readonly StagePlan[], weights: readonly Stacked[], input: Tensor): Tensor {
  let state = reshape(input, [1, ...input.shape])
  stages.forEach(({ keys, apply }, index) => {
    const { states, weights: rows } = plan[index]!
    const from = state
    state = scope(() =>
      apply(Object.fromEntries(keys.map((key) => [key, rowsOf(weights[index]![key]!, rows)])), rowsOf(from, states)),
    )
    if (state !== from) from.dispose()
    if (state.shape[0] !== 1 && state.shape[0] !== states.length)
      throw argumentError(
        'stagedEvaluator',
        `stage ${index}: expected a state of ${states.length} models, got shape [${state.shape.join(', ')}]`,
      )
  })
  return state.shape[0] === plan[plan.length - 1]!.states.length
    ? state
    : broadcastTo(state, [plan[plan.length - 1]!.states.length, ...state.shape.slice(1)])
}

/** Rows of the leading axis; one row for all stays one, and rows as they are stay as they are. */
function rowsOf(values: Tensor, rows: readonly number[]): Tensor {
  if (rows.every((row) => row === rows[0])) return slice(values, [[rows[0]!, rows[0]! + 1]])
  if (rows.length === values.shape[0] && rows.every((row, i) => row === i)) return values
  return gather(values, tensor(Int32Array.from(rows), [rows.length], { backend: values.backend }), 0)
}

function checkStages(pair: ModelPair, stages: readonly Stage[]): void {
  const read = new Set(stages.flatMap(({ keys }) => keys))
  const unknown = [...read].find((name) => !Object.hasOwn(pair.a, name))
  if (unknown !== undefined)
    throw argumentError('stagedEvaluator', `stages: "${unknown}" is no parameter of the models`)
  const unread = Object.keys(pair.a).find((name) => !read.has(name))
  if (unread !== undefined) throw argumentError('stagedEvaluator', `stages: no stage reads "${unread}"`)
}

function compareNames(left: readonly string[], right: readonly string[]): number {
  const stage = left.findIndex((name, i) => name !== right[i])
  return stage < 0 ? 0 : left[stage]! < right[stage]! ? -1 : 1
}
