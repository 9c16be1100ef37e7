import { type Params, randomKey, scope, valueAndGrad } from '@lemanic/tensor-core'
import { batchOf } from '../data/batch.js'
import { type MultimodalData, patternOf, withMissing } from '../data/multimodal-data.js'
import { fusionLoss } from '../fusion/fusion-loss.js'
import type { FusionModel } from '../fusion/fusion-model.js'
import { type Check, expect } from './check-encoder.js'

/**
 * What every fusion model must do with data that fit it, as checks for a test runner. Models whose batches skip are not
 * meant to pass the second one.
 *
 * @param data At least three rows that have all modalities and labels.
 */
export function fusionModelChecks(model: FusionModel, data: MultimodalData): Check[] {
  const rows = [...Array(data.rows).keys()]
  const key = randomKey(1)
  const lastOutputs = (params: Params, given: MultimodalData): Record<string, number[]> =>
    scope(() => {
      const { outputs } = model.apply(params, batchOf(model, given, rows)).rows.at(-1)!
      return Object.fromEntries(
        Object.entries(outputs).map(([task, values]) => [task, Array.from(values.dataSync() as Float32Array)]),
      )
    })
  const hide = (cells: (row: number, modality: number) => boolean): MultimodalData => {
    const { present, modalities } = patternOf(data, model.modalities)
    const pattern = present.map((value, at) => (cells(Math.floor(at / modalities), at % modalities) ? 0 : value))
    const hidden = withMissing(data, { rows: data.rows, modalities, present: pattern }, model.modalities)
    // whoever looks at what a missing sample holds finds no number
    return {
      ...hidden,
      modalities: Object.fromEntries(
        Object.entries(hidden.modalities).map(([name, own]) => {
          const size = own.values.length / data.rows
          return [
            name,
            { ...own, values: own.values.map((value, at) => (own.present[Math.floor(at / size)] === 1 ? value : NaN)) },
          ]
        }),
      ),
    }
  }
  return [
    {
      name: 'the same key gives the same parameters',
      run: () =>
        scope(() => {
          const [a, b] = [model.init(key), model.init(key)]
          for (const [name, value] of Object.entries(a))
            expect(value.dataSync().join() === b[name].dataSync().join(), `${name} differs`)
        }),
    },
    {
      name: 'a prediction does not depend on what others in the batch miss, nor on what a missing sample holds',
      run: () =>
        scope(() => {
          const params = model.init(key)
          const [whole, holes] = [
            lastOutputs(params, data),
            lastOutputs(
              params,
              hide((row, modality) => row === 1 && modality === 0),
            ),
          ]
          for (const [task, values] of Object.entries(holes)) {
            const width = values.length / data.rows
            values.forEach((value, at) => {
              expect(Number.isFinite(value), `${task}: not finite`)
              const other = whole[task][at]
              const isOther = Math.floor(at / width) !== 1
              expect(
                !isOther || Math.abs(value - other) < 1e-4 * (1 + Math.abs(other)),
                `${task}, row ${Math.floor(at / width)}: ${other} became ${value}`,
              )
            })
          }
        }),
    },
    {
      name: 'without any modality every sample has the same finite prediction, and gradients are finite',
      run: () =>
        scope(() => {
          const params = model.init(key)
          const nothing = hide(() => true)
          for (const [task, values] of Object.entries(lastOutputs(params, nothing))) {
            const width = values.length / data.rows
            values.forEach((value, at) =>
              expect(
                Math.abs(value - values[at % width]) < 1e-5 * (1 + Math.abs(value)),
                `${task}: ${values[at % width]} and ${value}`,
              ),
            )
          }
          const batch = batchOf(model, nothing, rows)
          const { grads } = valueAndGrad((own: Params) => fusionLoss(model)(model.apply(own, batch), batch))(params)
          for (const [name, gradient] of Object.entries(grads))
            expect(
              Array.from(gradient.dataSync() as Float32Array).every(Number.isFinite),
              `the gradient of ${name} is not finite`,
            )
        }),
    },
  ]
}
