import type { Shape, Spec } from '../../backend.js'
import { allocateArray, type DataArray, type DType } from '../../dtype.js'
import { LemanicError } from '../../errors.js'
import { broadcastShapes } from '../../shape.js'
import type { ConvolutionGeometry, DeviceTensor, Operators, PoolingGeometry } from './operators.js'
import type { TfjsBackend, TfjsKernelConfig, TfjsNamespace, TfjsTensorInfo, TfjsValues } from './tfjs-types.js'

const infoOf = (x: DeviceTensor): TfjsTensorInfo => x as unknown as TfjsTensorInfo
const copyOf = (values: TfjsValues): TfjsValues => values.slice()

/**
 * The operators on the registered kernels of any tfjs backend. Kernels are called directly, with the backend's own
 * tensor handles: tfjs's engine, its current backend, its tape and its tensor count see nothing of it.
 */
export function createKernelOperators(
  tf: TfjsNamespace,
  backendName: string,
  backend: TfjsBackend,
  made: DeviceTensor[],
): Operators {
  const scalars = new Map<string, DeviceTensor>()

  function note(info: TfjsTensorInfo): DeviceTensor {
    made.push(info as unknown as DeviceTensor)
    return info as unknown as DeviceTensor
  }

  function call(name: string, inputs: unknown, attrs: unknown): TfjsTensorInfo[] {
    const kernel = tf.getKernel(name, backendName) as TfjsKernelConfig | undefined
    if (kernel == null) {
      throw new LemanicError('tfjs-kernel-missing', `the tfjs backend "${backendName}" has no kernel ${name}`)
    }
    const result = kernel.kernelFunc({ inputs, backend, attrs })
    return (Array.isArray(result) ? result : [result]).map(ownedHere)
  }

  /** A few kernels (tfjs's `Abs`) register their result with tfjs's engine, whose `tidy` would take it: copied out. */
  function ownedHere(info: TfjsTensorInfo & { readonly dispose?: () => void }): TfjsTensorInfo {
    if (info.dispose === undefined) return info
    const { shape, dtype } = info
    const dataId = backend.write(copyOf(backend.readSync(info.dataId) as TfjsValues), [...shape], dtype)
    info.dispose()
    return { dataId, shape, dtype }
  }

  const run = (name: string, inputs: unknown, attrs: unknown = {}): DeviceTensor => note(call(name, inputs, attrs)[0]!)

  const create = (values: DataArray, { shape, dtype }: Spec): DeviceTensor =>
    note({ dataId: backend.write(copyOf(values as TfjsValues), [...shape], dtype), shape: [...shape], dtype })

  /** What a backend gives back may be of another array type: tfjs casts to a wider dtype by relabelling. */
  function typed(values: unknown, { shape, dtype }: DeviceTensor): DataArray {
    const result = allocateArray(
      dtype,
      shape.reduce((size, length) => size * length, 1),
    )
    result.set(values as ArrayLike<number>)
    return result
  }

  function broadcast(x: DeviceTensor, shape: Shape): DeviceTensor {
    const padded = [...shape.slice(x.shape.length).map(() => 1), ...x.shape]
    const grown = reshape(x, padded)
    return run('Tile', { x: grown }, { reps: shape.map((length, axis) => length / padded[axis]!) })
  }
  const reshape = (x: DeviceTensor, shape: Shape): DeviceTensor => run('Reshape', { x }, { shape: [...shape] })
  const slice = (x: DeviceTensor, begin: readonly number[], size: Shape): DeviceTensor =>
    run('Slice', { x }, { begin: [...begin], size: [...size] })
  const pad = (x: DeviceTensor, before: readonly number[], after: readonly number[], value: number): DeviceTensor =>
    run('PadV2', { x }, { paddings: before.map((b, axis) => [b, after[axis]!]), constantValue: value })

  /** Spreads g by its strides with zeros in between: a new axis behind each strided one is padded and merged. */
  function sliceGradient(
    g: DeviceTensor,
    begin: readonly number[],
    strides: readonly number[],
    shape: Shape,
  ): DeviceTensor {
    let spread = g
    if (strides.some((stride) => stride > 1)) {
      const opened = g.shape.flatMap((length, axis) => (strides[axis]! > 1 ? [length, 1] : [length]))
      const after = g.shape.flatMap((_, axis) => (strides[axis]! > 1 ? [0, strides[axis]! - 1] : [0]))
      const wide = pad(
        reshape(g, opened),
        after.map(() => 0),
        after,
        0,
      )
      const merged = reshape(
        wide,
        g.shape.map((length, axis) => length * strides[axis]!),
      )
      const span = g.shape.map((length, axis) => (length - 1) * strides[axis]! + 1)
      spread = slice(
        merged,
        span.map(() => 0),
        span,
      )
    }
    return pad(
      spread,
      begin,
      shape.map((length, axis) => length - begin[axis]! - spread.shape[axis]!),
      0,
    )
  }

  /** [batch, rows, columns] operands of one batch size, or one of them single. */
  function matmul(a: DeviceTensor, b: DeviceTensor, transposeA: boolean, transposeB: boolean): DeviceTensor {
    const [batchA, batchB] = [a.shape.slice(0, -2), b.shape.slice(0, -2)]
    const batch = broadcastShapes('matmul', batchA, batchB)
    const product = (shape: Shape): number => shape.reduce((size, length) => size * length, 1)
    const flat = (x: DeviceTensor, own: Shape): DeviceTensor => {
      const count = product(own)
      const full = count === 1 || count === product(batch) ? x : broadcast(x, [...batch, ...x.shape.slice(-2)])
      return reshape(full, [product(full.shape.slice(0, -2)), ...x.shape.slice(-2)])
    }
    const y = run('BatchMatMul', { a: flat(a, batchA), b: flat(b, batchB) }, { transposeA, transposeB })
    return reshape(y, [...batch, ...y.shape.slice(-2)])
  }

  const convolution = ({ strides, padding: [top, bottom, left, right] }: ConvolutionGeometry) => ({
    strides: [...strides],
    pad: [
      [0, 0],
      [top, bottom],
      [left, right],
      [0, 0],
    ],
    dataFormat: 'NHWC',
    dilations: [1, 1],
  })
  const pooling = ({ window, strides }: PoolingGeometry) => ({
    filterSize: [...window],
    strides: [...strides],
    pad: 'valid',
  })

  function scalar(value: number): DeviceTensor {
    const key = Object.is(value, -0) ? '-0' : String(value)
    const known = scalars.get(key)
    if (known !== undefined) return known
    const info = { dataId: backend.write(Float32Array.of(value), [], 'float32'), shape: [], dtype: 'float32' }
    scalars.set(key, info as DeviceTensor)
    return info as DeviceTensor
  }

  return {
    stores: ['float32', 'int32', 'bool'],
    create,
    read: (x) => typed(backend.readSync(infoOf(x).dataId), x),
    readAsync: async (x) => typed(await backend.read(infoOf(x).dataId), x),
    dispose() {
      for (const x of scalars.values()) backend.disposeData(infoOf(x).dataId)
      scalars.clear()
    },
    release: (x) => void backend.disposeData(infoOf(x).dataId),
    reshape,
    scalar,
    unary: (name, x) => run(name, { x }),
    binary: (name, a, b) => run(name, { a, b }),
    select(condition, a, b) {
      const shape = broadcastShapes('where', condition.shape, broadcastShapes('where', a.shape, b.shape))
      const [c, t, e] = [condition, a, b].map((x) => broadcast(x, shape))
      return run('Select', { condition: c, t, e })
    },
    cast: (x, dtype: DType) => run('Cast', { x }, { dtype }),
    fill: (shape, value) =>
      create(new Float32Array(shape.reduce((size, n) => size * n, 1)).fill(value), { shape, dtype: 'float32' }),
    reduce: (name, x, axes, keepDims) => run(name, { x }, { axis: [...axes], reductionIndices: [...axes], keepDims }),
    position: (name, x, axis) => run(name, { x }, { axis }),
    cumulativeSum: (x, axis, exclusive, reverse) => run('Cumsum', { x }, { axis, exclusive, reverse }),
    topK(x, k) {
      const [values, indices] = call('TopK', { x }, { k, sorted: true }).map(note)
      return [values!, indices!]
    },
    transpose: (x, permutation) => run('Transpose', { x }, { perm: [...permutation] }),
    broadcast,
    slice: (x, begin, strides, size) =>
      strides.every((stride) => stride === 1)
        ? slice(x, begin, size)
        : run(
            'StridedSlice',
            { x },
            {
              begin: [...begin],
              end: begin.map((start, axis) => start + (size[axis]! - 1) * strides[axis]! + 1),
              strides: [...strides],
              beginMask: 0,
              endMask: 0,
              ellipsisMask: 0,
              newAxisMask: 0,
              shrinkAxisMask: 0,
            },
          ),
    sliceGradient,
    pad,
    reverse: (x, axes) => run('Reverse', { x }, { dims: [...axes] }),
    concat: (parts, axis) => run('Concat', parts, { axis }),
    gather: (x, indices, axis, batchDims) => run('GatherV2', { x, indices }, { axis, batchDims }),
    scatterAdd: (updates, indices, rows) =>
      run(
        'ScatterNd',
        { indices: reshape(indices, [indices.shape[0]!, 1]), updates },
        { shape: [rows, ...updates.shape.slice(1)] },
      ),
    oneHot: (indices, depth) => run('OneHot', { indices }, { dtype: 'float32', depth, onValue: 1, offValue: 0 }),
    matmul,
    conv2d: (x, filter, geometry) => run('Conv2D', { x, filter }, convolution(geometry)),
    conv2dInput: (dy, filter, geometry, shape) =>
      run('Conv2DBackpropInput', { dy, filter }, { ...convolution(geometry), inputShape: [...shape] }),
    conv2dFilter: (dy, x, geometry, shape) =>
      run('Conv2DBackpropFilter', { x, dy }, { ...convolution(geometry), filterShape: [...shape] }),
    maxPool: (x, geometry) => run('MaxPool', { x }, pooling(geometry)),
    maxPoolInput: (dy, input, output, geometry) => run('MaxPoolGrad', { dy, input, output }, pooling(geometry)),
    averagePool: (x, geometry) => run('AvgPool', { x }, pooling(geometry)),
    averagePoolInput: (dy, shape, geometry) =>
      run(
        'AvgPoolGrad',
        { dy, input: create(new Float32Array(shape.reduce((size, n) => size * n, 1)), { shape, dtype: 'float32' }) },
        pooling(geometry),
      ),
    softmax: (logits) => run('Softmax', { logits }, { dim: logits.shape.length - 1 }),
  }
}
