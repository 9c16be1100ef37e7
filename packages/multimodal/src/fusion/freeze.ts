import { cloneParams, excludeParams, type Params, type ParamsSelector, selectParams } from '@lemanic/tensor-core'
import { invalid } from '../names.js'
import type { FusionModel } from './fusion-model.js'

/**
 * The same model with some parameters fixed: those selected stay as they are in `params`, the others are trained. Adding a
 * modality to a trained MultiModN is a model with one more encoder, `freezeModel(model, { ...model.init(key), ...trained },
 * Object.keys(trained))`.
 *
 * The tensors of `params` stay the caller's, and the fixed ones must outlive the model. `init` gives copies of the others; join them:
 * `{ ...fixed, ...trainedOnes }`.
 */
export function freezeModel<Kind extends FusionModel>(
  model: Kind,
  params: Params,
  fixed: ParamsSelector,
): Pick<Kind, keyof FusionModel> & { readonly fixed: Params; readonly trainable: Params } {
  const kept = selectParams(params, fixed)
  const trainable = excludeParams(params, fixed)
  if (Object.keys(kept).length === 0)
    throw invalid('freezeModel', 'expected a selector that finds parameters, it found none')
  if (Object.keys(trainable).length === 0)
    throw invalid('freezeModel', 'expected parameters that stay trainable, all are fixed')
  const { kind, modalities, tasks, inputShapes, skip, order } = model
  return {
    kind,
    modalities,
    tasks,
    inputShapes,
    skip,
    order,
    fixed: kept,
    trainable,
    init: () => cloneParams(trainable),
    apply: (own, batch, context) => model.apply({ ...kept, ...own }, batch, context),
  }
}
