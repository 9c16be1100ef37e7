// What the adapter asks of TensorFlow.js, in structural types of our own: any tfjs package of the user's fits, and none is needed to compile.

/** A tfjs tensor as its kernels see it. */
export interface TfjsTensorInfo {
  readonly dataId: object
  readonly shape: readonly number[]
  readonly dtype: string
}

export type TfjsValues = Float32Array | Int32Array | Uint8Array

export interface TfjsKernelCall {
  readonly inputs: unknown
  readonly backend: TfjsBackend
  readonly attrs: unknown
}

/** A tfjs `KernelBackend`: `cpu`, `wasm`, `webgl`, tfjs-node's `tensorflow`, or another. */
export interface TfjsBackend {
  write(values: TfjsValues, shape: number[], dtype: string): object
  readSync(dataId: object): unknown
  read(dataId: object): Promise<unknown>
  disposeData(dataId: object): boolean
  /** tfjs-node only: the Node-API addon that calls TensorFlow. */
  readonly binding?: TensorFlowBinding
}

/** The part of a tfjs namespace (`import * as tf from …`) that the adapter uses. */
export interface TfjsNamespace {
  getBackend(): string
  findBackend(name: string): unknown
  getKernel(kernelName: string, backendName: string): unknown
}

export interface TfjsKernelConfig {
  readonly kernelFunc: (call: TfjsKernelCall) => TfjsTensorInfo | TfjsTensorInfo[]
}

export interface BindingAttribute {
  readonly name: string
  /** TF_AttrType: 0 string, 1 int, 2 float, 3 bool, 4 type. */
  readonly type: number
  readonly value: string | number | boolean | readonly number[]
}

export interface BindingTensor {
  readonly id: number
  readonly shape: readonly number[]
  readonly dtype: number
}

/** The addon of tfjs-node and tfjs-node-gpu: TensorFlow's eager operations, one call each. */
export interface TensorFlowBinding {
  createTensor(shape: readonly number[], dtype: number, values: TfjsValues): number
  deleteTensor(id: number): void
  tensorDataSync(id: number): TfjsValues
  executeOp(
    name: string,
    attributes: readonly BindingAttribute[],
    inputs: readonly number[],
    outputs: number,
  ): BindingTensor[]
  isUsingGpuDevice(): boolean
  getNumOfTensors(): number
  readonly TF_Version: string
}
