export { callKernel } from './call-kernel.js'
export { derivative, type Case } from './case.js'
export { conformanceCases } from './cases/index.js'
export { expectClose, type Tolerance } from './compare.js'
export { agreementChecks, differenceChecks, runChecks, type Check, type CheckResult } from './conformance.js'
export { backendContract, contractChecks, runConformance, type TestHooks } from './contract.js'
export { expectGradientsMatchDifferences } from './finite-differences.js'
export { goldenChecks } from './golden.js'
export { hostValues, integers, normal, uniform, type HostValues } from './host-values.js'
export {
  checkCollectives,
  checkCollectivesMismatch,
  checkOptimizer,
  checkReducer,
  checkSampler,
  type CollectivesContract,
  type SamplerContract,
} from '../train/testing-exports.js'
