export type {
  AttentionAttributes,
  Backend,
  Convolution,
  FusedAttributes,
  FusedName,
  Handle,
  Kernel,
  Kernels,
  KeyWords,
  MemoryInformation,
  Operand,
  OperationAttributes,
  OperationName,
  Pooling,
  PrimitiveAttributes,
  PrimitiveName,
  Shape,
  Spec,
  StepPlan,
  StepRecorder,
} from './backend.js'
export * from './compile/exports.js'
export { createCpuBackend } from './backends/cpu/create-cpu-backend.js'
export { createNativeBackend } from './backends/native.js'
export {
  createTensorFlowBackend,
  type TensorFlowBackendOptions,
} from './backends/tensorflow/create-tensorflow-backend.js'
export type { TfjsNamespace } from './backends/tensorflow/tfjs-types.js'
export { createWasmBackend, createWasmBackendSync } from './backends/wasm.js'
export {
  backendNames,
  createBackend,
  loadBackend,
  type BackendName,
  type CreateBackendOptions,
} from './create-backend.js'
export { doctor, formatDiagnosis, type BackendDiagnosis, type Diagnosis } from './doctor.js'
export { hessianVectorProduct, maxEigenvalue, type MaxEigenvalue, type MaxEigenvalueOptions } from './curvature.js'
export { defaultBackend, setDefaultBackend } from './default-backend.js'
export { allocateArray, bytesPerElement, type DataArray, type DataArrays, type DType } from './dtype.js'
export { LemanicError, type ErrorDetails } from './errors.js'
export { eventLoopTurn } from './event-loop-turn.js'
export { grad, jvp, valueAndGrad, vjp, type LossResult, type ValueAndGrad, type VectorJacobian } from './gradients.js'
export * from './operations/index.js'
export { perExampleGradients, perGroupGradients, type GroupedGradients } from './per-example.js'
export { dispose, keep, scope } from './scope.js'
export { isTensor, Tensor, type NestedValues } from './tensor.js'
export type { Tree } from './tree.js'
export * from './optimizers/exports.js'
export * from './params/exports.js'
export * from './random/exports.js'
export * from './safetensors/exports.js'
export * from './train/exports.js'
