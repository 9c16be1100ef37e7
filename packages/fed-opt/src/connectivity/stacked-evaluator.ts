import { scope, type Stacked, type Tensor } from '@lemanic/tensor-core'
import { argumentError, checkWhole } from '../refuse.js'
import { evaluateDistinct, type Measures, type MixEvaluator } from './evaluator.js'
import { stackMixes } from './stack-mixes.js'

export interface StackedEvaluatorOptions {
  /** Measures a stack of models, parameters [models, …shape]: one vector [models] for each name. Runs inside a `scope`. */
  readonly measure: (params: Stacked) => Readonly<Record<string, Tensor>>
  /** Models in a stack, ≥ 1. Default 16. */
  readonly stackSize?: number
}

/** Measures many mixes in one pass of a model that is written for stacks of parameters. */
export function stackedEvaluator({ measure, stackSize = 16 }: StackedEvaluatorOptions): MixEvaluator {
  checkWhole('stackedEvaluator', 'stackSize', stackSize, 1)
  return {
    evaluate: (pair, mixes) =>
      evaluateDistinct(pair, mixes, (distinct) => {
        const results: Measures[] = []
        for (let start = 0; start < distinct.length; start += stackSize) {
          const part = distinct.slice(start, start + stackSize)
          results.push(...scope(() => readVectors(measure(stackMixes(pair, part)), part.length)))
        }
        return results
      }),
  }
}

/** Vectors of measures, [models] each, as one record a model. */
export function readVectors(vectors: Readonly<Record<string, Tensor>>, models: number): Record<string, number>[] {
  const results = Array.from({ length: models }, (): Record<string, number> => ({}))
  for (const [name, vector] of Object.entries(vectors)) {
    if (vector.rank !== 1 || vector.size !== models) {
      throw argumentError(
        'measure',
        `"${name}": expected one number a model, shape [${models}], got [${vector.shape.join(', ')}]`,
      )
    }
    const values = vector.dataSync()
    results.forEach((result, model) => (result[name] = Number(values[model])))
  }
  return results
}
