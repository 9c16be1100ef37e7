import type { DataArray, DType } from './dtype.js'

export type Shape = readonly number[]

/** Shape and dtype: all that a shape rule needs to know of a tensor. */
export interface Spec {
  readonly shape: Shape
  readonly dtype: DType
}

/** What a backend hands out for a buffer; opaque to everyone else. Buffers are dense and row-major. */
export type Handle = number | object

/** An input of a kernel. */
export interface Operand extends Spec {
  readonly handle: Handle
}

/** Two unsigned 32-bit words of a counter-based random key. */
export type KeyWords = readonly [number, number]

type None = Readonly<Record<never, never>>

/**
 * The table of primitives: every backend offers a kernel for each of them.
 * The type of an entry is the type of its attributes; inputs → outputs are given in the comment.
 * Binary operations broadcast as NumPy does; reductions take sorted, non-negative, distinct axes; indices are int32.
 * int32 arithmetic wraps, and x / 0 and x mod 0 are 0; `cast` to int32 saturates and turns NaN into 0; `sort` and
 * `topK` put NaN last in both directions; the sign of a zero is free for `relu`, `maximum` and `minimum`; results below
 * 2⁻¹²⁶ may be flushed to zero.
 */
export interface PrimitiveAttributes {
  // — creation: [] → [x] (shape and dtype come with the output spec)
  full: { readonly value: number }
  range: { readonly start: number; readonly step: number } // 1-D: start + i·step
  randomBits: { readonly key: KeyWords } // int32, all 32 bits random
  randomUniform: { readonly key: KeyWords } // float32 in [0, 1), the top 24 bits of randomBits
  randomNormal: { readonly key: KeyWords } // float32, see random/normal.ts for the exact arithmetic

  // — element-wise, one input (float32 → float32; abs, negative, sign, square also int32)
  negative: None
  abs: None
  sign: None
  square: None
  exp: None
  expm1: None
  log: None
  log1p: None
  sqrt: None
  rsqrt: None
  reciprocal: None
  sin: None
  cos: None
  tanh: None
  sigmoid: None
  erf: None
  floor: None
  ceil: None
  round: None // half to even
  relu: None
  isNaN: None // → bool
  isFinite: None // → bool
  logicalNot: None // bool → bool
  cast: { readonly dtype: DType } // float → int32 truncates towards zero; → bool is x ≠ 0; → 16 bit rounds to nearest even

  // — element-wise, two inputs of one dtype, broadcast
  add: None
  subtract: None
  multiply: None
  divide: None // float32; int32 division truncates towards zero
  power: None // float32
  maximum: None // NaN propagates
  minimum: None
  modulo: None // result has the divisor's sign (as Python)
  equal: None // → bool, all six
  notEqual: None
  less: None
  lessEqual: None
  greater: None
  greaterEqual: None
  logicalAnd: None // bool
  logicalOr: None
  where: None // [condition bool, a, b] → [x], all three broadcast

  // — reductions: [x] → [y]; with keepDimensions reduced axes stay as 1. `any`/`all` are max/min of bool.
  sum: { readonly axes: readonly number[]; readonly keepDimensions: boolean } // float32, int32
  prod: { readonly axes: readonly number[]; readonly keepDimensions: boolean }
  max: { readonly axes: readonly number[]; readonly keepDimensions: boolean } // float32, int32, bool; NaN propagates
  min: { readonly axes: readonly number[]; readonly keepDimensions: boolean }
  argMax: { readonly axis: number } // → int32, first of equals; NaN counts as the largest
  argMin: { readonly axis: number } // → int32, first of equals; NaN counts as the smallest
  cumulativeSum: { readonly axis: number; readonly exclusive: boolean; readonly reverse: boolean }
  sort: { readonly axis: number; readonly descending: boolean } // → [values, indices]; stable; NaN last
  topK: { readonly k: number } // last axis → [values, indices], descending, first of equals first

  // — shape: [x] → [y], any dtype (reshape needs no kernel: buffers are dense, tensors share them)
  transpose: { readonly permutation: readonly number[] }
  broadcastTo: { readonly shape: Shape }
  slice: { readonly begin: readonly number[]; readonly strides: readonly number[] } // size = output shape; strides ≥ 1
  sliceGradient: { readonly begin: readonly number[]; readonly strides: readonly number[] } // [g] → zeros with g placed back
  pad: { readonly before: readonly number[]; readonly after: readonly number[]; readonly value: number }
  flip: { readonly axes: readonly number[] }
  concat: { readonly axis: number } // [x1, x2, …] → [y]

  // — indexing; an index outside its axis is an error in checked backends (cpu) and must never touch foreign memory
  gather: { readonly axis: number } // [x, indices any shape] → shape(x)[:axis] + shape(indices) + shape(x)[axis+1:]
  scatterAdd: { readonly axis: number; readonly size: number } // [updates, indices]: the gradient of gather
  takeAlongAxis: { readonly axis: number } // [x, indices same rank, broadcast-free] → shape(indices)
  takeAlongAxisGradient: { readonly axis: number; readonly size: number } // [g, indices] → shape with axis = size
  oneHot: { readonly depth: number } // [indices] → float32 shape + [depth]; outside 0…depth−1 is a row of zeros

  // — products. Leading axes are batch axes and broadcast; the last two are the matrix, transposed when asked.
  matmul: { readonly transposeA: boolean; readonly transposeB: boolean } // float32; a or b may be 16 bit → float32

  // — convolution and pooling, NHWC; filters [height, width, channelsIn / groups, channelsOut]
  conv2d: Convolution // [x, filter] → [y]
  conv2dInputGradient: Convolution & { readonly inputShape: Shape } // [g, filter] → [dx]
  conv2dFilterGradient: Convolution & { readonly filterShape: Shape } // [g, x] → [dfilter]
  maxPool2d: Pooling // [x] → [y]; padding never wins
  maxPool2dGradient: Pooling // [g, x, y] → [dx]; the first maximum of a window takes all
  averagePool2d: Pooling // [x] → [y]; divides by the cells inside the image
  averagePool2dGradient: Pooling & { readonly inputShape: Shape } // [g] → [dx]
}

export interface Convolution {
  readonly strides: readonly [number, number]
  readonly dilations: readonly [number, number]
  readonly groups: number
  readonly padding: readonly [top: number, bottom: number, left: number, right: number]
}

export interface Pooling {
  readonly window: readonly [number, number]
  readonly strides: readonly [number, number]
  readonly padding: readonly [top: number, bottom: number, left: number, right: number]
}

/**
 * Fused operations: a backend may offer them; one that does not has them composed from primitives
 * (`compose` of the operation's definition), which is also their oracle.
 */
export interface FusedAttributes {
  gelu: { readonly approximate: 'none' | 'tanh' } // [x] → [y]
  geluGradient: { readonly approximate: 'none' | 'tanh' } // [g, x] → [dx]
  softmax: None // [x] → [y], last axis
  softmaxGradient: None // [g, y] → [dx]
  logSoftmax: None // [x] → [y], last axis
  logSoftmaxGradient: None // [g, y] → [dx]
  /** y = x·Wᵀ (+ b): [x […, in], weight [out, in], bias? [out]] → [y […, out]]; weight may be 16 bit. */
  linear: { readonly hasBias: boolean }
  /** [x […, d], gain [d], bias? [d]] → [y, mean […], inverseDeviation […]] */
  layerNorm: { readonly epsilon: number; readonly hasBias: boolean }
  /** [g, x, gain, mean, inverseDeviation] → [dx, dgain, dbias?] */
  layerNormGradient: { readonly epsilon: number; readonly hasBias: boolean }
  /** [x […, d], gain [d]] → [y, inverseRootMeanSquare […]] */
  rmsNorm: { readonly epsilon: number }
  /** [g, x, gain, inverseRootMeanSquare] → [dx, dgain] */
  rmsNormGradient: { readonly epsilon: number }
  /**
   * Scaled dot-product attention with one softmax over all key segments (CoTFormer's repeats; one segment is plain
   * attention). [query [B,T,H,D], keys × segments [B,Sₛ,Hkv,D], values × segments [B,Sₛ,Hkv,D], bias? [B|1,H|1,T,ΣSₛ]]
   * → [out [B,T,H,D], logSumExp [B,H,T]]. Hkv divides H (grouped queries). `causal`: key j of a segment of length S
   * is seen by query i iff j ≤ i + (S − T). Bias is added to the scaled scores; −Infinity hides. A query that sees
   * no key gives zeros and logSumExp −Infinity.
   */
  attention: AttentionAttributes
  /** [g, out, logSumExp, query, keys…, values…, bias?] → [dquery, dkeys…, dvalues…] */
  attentionGradient: AttentionAttributes
  /**
   * Rotary positions. [x [B,T,H,D], positions? int32 [B,T]] → [y]; without positions, t + offset. Pair i turns by
   * position · base^(−2i/D); pairs are (2i, 2i+1) when interleaved, else (i, i + D/2). `inverse` turns back.
   */
  rotary: {
    readonly base: number
    readonly interleaved: boolean
    readonly offset: number
    readonly inverse: boolean
    readonly hasPositions: boolean
  }
  /** [logits [N,V], targets int32 [N]] → [loss [N], logSumExp [N]]; a target equal to ignoreIndex gives loss 0. */
  softmaxCrossEntropy: { readonly ignoreIndex: number }
  /** [g [N], logits, targets, logSumExp] → [dlogits] */
  softmaxCrossEntropyGradient: { readonly ignoreIndex: number }
  /**
   * The recurrence of an LSTM on its projected input. [projection [B,T,4H] = W·x + b, hiddenWeight [4H,H], hidden [B,H],
   * cell [B,H]] → [hiddens [B,T,H], cells [B,T,H], gates [B,T,4H] after their functions]; gates in the order i, f, g, o.
   */
  lstm: None
  /** [ghiddens, gcells?, the inputs of `lstm`, its outputs] → [dprojection, dhiddenWeight, dhidden, dcell] */
  lstmGradient: { readonly hasCellGradient: boolean }
  /**
   * The recurrence of a GRU on its projected input. [projection [B,T,3H] = W·x + b, hiddenWeight [3H,H],
   * hiddenBias [3H], hidden [B,H]] → [hiddens [B,T,H], gates [B,T,4H]: r, z, n and n's share of the state]
   */
  gru: None
  /** [ghiddens, the inputs of `gru`, its outputs] → [dprojection, dhiddenWeight, dhiddenBias, dhidden] */
  gruGradient: None
  /** [a […,n,n]] → [l]: the lower triangle with l·lᵀ = a; a's lower triangle is read. */
  cholesky: None
  /** [a […,n,n], b […,n,m]] → [x]: a·x = b (or aᵀ·x = b) for the lower or upper triangle of a. */
  triangularSolve: { readonly lower: boolean; readonly transpose: boolean }
  /** [a […,m,n]] → [q […,m,k], r […,k,n]], k = min(m, n), the diagonal of r ≥ 0; a zero column stays zero in q. */
  qr: None
  /**
   * [a […,m,n]], m ≥ n → [u […,m,n], s […,n] descending, v […,n,n]] with a = u·diag(s)·vᵀ; the entry of largest magnitude
   * in each column of v is positive; columns of u are zeros where s is 0.
   */
  svd: None
  /** [x, filter, bias [channelsOut]] → [y]: `conv2d` plus bias, negative values made 0 when `rectify`. */
  conv2dBias: Convolution & { readonly rectify: boolean }
  /** [g, y = relu(x)] → [dx]: 0 where y ≤ 0, else g. */
  reluGradient: None
  /** [table [V,D], ids int32 any shape] → [ids…, D] float32; the table may be 16 bit. */
  embedding: None
  /** [x] → [y]: keeps where randomUniform(key) ≥ rate, divides by 1 − rate. Its gradient is itself. */
  dropout: { readonly rate: number; readonly key: KeyWords }
  /** [x1, x2, …] → [scalar] Σ of all squares */
  sumOfSquares: None
  /**
   * AdamW over many tensors: [p…, g…, m…, v…] → [p′…, m′…, v′…], each group `count` long. Decoupled decay,
   * weightDecay one number a tensor. step counts from 1.
   */
  adamw: {
    readonly count: number
    readonly learningRate: number
    readonly beta1: number
    readonly beta2: number
    readonly epsilon: number
    readonly weightDecay: readonly number[]
    readonly step: number
  }
  /**
   * SGD over many tensors: [p…, g…, velocity…?] → [p′…, velocity′…?] (velocity only when momentum ≠ 0).
   * g ← g + weightDecay·p; v ← momentum·v + g; p ← p − learningRate·(nesterov ? g + momentum·v : v).
   */
  sgd: {
    readonly count: number
    readonly learningRate: number
    readonly momentum: number
    readonly nesterov: boolean
    readonly weightDecay: readonly number[]
  }
}

export interface AttentionAttributes {
  readonly segments: number
  readonly causal: boolean
  readonly scale: number
  readonly hasBias: boolean
}

export type OperationAttributes = PrimitiveAttributes & FusedAttributes
export type PrimitiveName = keyof PrimitiveAttributes
export type FusedName = keyof FusedAttributes
export type OperationName = keyof OperationAttributes

/** Computes the outputs whose specs are given; may not change its inputs. */
export type Kernel<Attributes> = (
  inputs: readonly Operand[],
  attributes: Attributes,
  outputs: readonly Spec[],
) => Handle[]

export type Kernels = { readonly [Name in PrimitiveName]: Kernel<PrimitiveAttributes[Name]> } & {
  readonly [Name in FusedName]?: Kernel<FusedAttributes[Name]>
}

export interface MemoryInformation {
  /** Buffers that are alive. */
  readonly buffers: number
  /** Bytes of these. */
  readonly bytes: number
  /** Highest `bytes` since the start or the last `resetPeak`. */
  readonly peakBytes: number
}

/** A recorded step that an engine replays without JavaScript in between. */
export interface StepPlan {
  /** True when something that the recording read, and that is no input, is gone. */
  readonly isStale: boolean
  /** Runs it with other buffers in the place of its inputs → new buffers, one for each output. */
  replay(inputs: readonly Handle[]): Handle[]
  dispose(): void
}

/** For engines that can write down what they run. One recording at a time. */
export interface StepRecorder {
  /** From here on, until `finish` or `abort`, everything that runs is recorded; `inputs` will differ between replays. */
  start(inputs: readonly Handle[]): void
  /** A plan whose replays give these buffers, which are distinct, alive and no inputs. */
  finish(outputs: readonly Operand[]): StepPlan
  abort(): void
}

/** One engine: memory and kernels. A contributor implements this and runs `@lemanic/tensor-core/testing` on it. */
export interface Backend {
  /** Short name, `native`, `wasm`, `cpu`, `tensorflow` or the contributor's own. */
  readonly name: string
  readonly kernels: Kernels
  /** Copies host values into a new buffer. */
  write(values: DataArray, spec: Spec): Handle
  /** Copies a buffer out; the caller owns the result. */
  read(handle: Handle, spec: Spec): DataArray
  /** For engines whose memory cannot be read synchronously. */
  readAsync?(handle: Handle, spec: Spec): Promise<DataArray>
  free(handle: Handle): void
  /**
   * Buffers of so many bytes more (fewer, where negative) will be freed only when the garbage collector finds their
   * tensors. For engines whose memory it does not see.
   */
  awaitCollection?(bytes: number): void
  /** Absent where steps cannot be compiled: they run eagerly. */
  readonly recorder?: StepRecorder
  memory(): MemoryInformation
  resetPeak(): void
  /** Facts for `doctor` and reports: threads, instruction set, version … */
  describe(): Readonly<Record<string, string | number | boolean>>
  dispose?(): void
}
