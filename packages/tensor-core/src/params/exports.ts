export { mapParams, zipParams, type Params } from './params.js'
export { checkSameNames, checkSameStructure } from './structure.js'
export {
  addParams,
  averageParams,
  axpyParams,
  dotParams,
  interpolateParams,
  normParams,
  scaleParams,
  subtractParams,
} from './arithmetic.js'
export { excludeParams, mergeParams, prefixParams, selectParams, type ParamsSelector } from './select.js'
export { flattenParams, stackParams, unflattenParams, unstackParams, type Stacked } from './stacking.js'
export { bytesOfParams, cloneParams, countParams, disposeParams, zerosLikeParams } from './lifetime.js'
export { paramsFromHost, paramsToHost, tensorFromHost, tensorToHost, type FromHostOptions } from './host.js'
export { emptyState, joinStates, splitState, type Json, type State } from './state.js'
