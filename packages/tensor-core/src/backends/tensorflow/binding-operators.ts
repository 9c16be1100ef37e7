import type { Shape, Spec } from '../../backend.js'
import type { DataArray, DType } from '../../dtype.js'
import { allocateArray } from '../../dtype.js'
import type { BinaryOperator, ConvolutionGeometry, DeviceTensor, Operators, PoolingGeometry } from './operators.js'
import type { BindingAttribute, TensorFlowBinding, TfjsValues } from './tfjs-types.js'

// TF_DataType
const dataTypes: Readonly<Record<DType, number>> = { float32: 1, int32: 3, bool: 10, bfloat16: 14, float16: 19 }
const dtypes = new Map(Object.entries(dataTypes).map(([dtype, number]) => [number, dtype as DType]))
const uint8 = 4
const int16 = 5

/** TensorFlow's names where they are not tfjs's. */
const names: Readonly<Partial<Record<string, string>>> = {
  Add: 'AddV2',
  Multiply: 'Mul',
  Mod: 'FloorMod',
  Round: 'Rint',
}

// So many constants (axes, shapes, scalars) are kept.
const keptConstants = 4096

interface BindingHandle extends DeviceTensor {
  readonly id: number
}

const idOf = (x: DeviceTensor): number => (x as BindingHandle).id

const attribute = {
  int: (name: string, value: number | readonly number[]): BindingAttribute => ({ name, type: 1, value }),
  bool: (name: string, value: boolean): BindingAttribute => ({ name, type: 3, value }),
  type: (name: string, value: number): BindingAttribute => ({ name, type: 4, value }),
  text: (name: string, value: string): BindingAttribute => ({ name, type: 0, value }),
}

/**
 * A copy whose address is no multiple of TensorFlow's alignment. The addon would lend aligned arrays to TensorFlow,
 * which may give them back on another thread, where JavaScript must not be called; others it copies at once.
 */
function misaligned<Values extends TfjsValues>(values: Values): Values {
  const width = values.BYTES_PER_ELEMENT
  const Constructor = values.constructor as new (buffer: ArrayBuffer, offset: number, length: number) => Values
  const copy = new Constructor(new ArrayBuffer(values.byteLength + width), width, values.length)
  copy.set(values)
  return copy
}

/** The operators on tfjs-node's addon: TensorFlow's own operations, without tfjs's engine in between. */
export function createBindingOperators(binding: TensorFlowBinding, made: DeviceTensor[]): Operators {
  const constants = new Map<string, number>()

  function note(x: BindingHandle): DeviceTensor {
    made.push(x)
    return x
  }

  function runAll(
    name: string,
    inputs: readonly number[],
    attributes: readonly BindingAttribute[],
    count: number,
  ): BindingHandle[] {
    return binding.executeOp(name, attributes, inputs, count).map(({ id, shape, dtype }) => {
      const handle = { id, shape, dtype: dtypes.get(dtype) ?? 'int32' }
      note(handle)
      return handle
    })
  }

  const run = (name: string, inputs: readonly number[], ...attributes: BindingAttribute[]): DeviceTensor =>
    runAll(name, inputs, attributes, 1)[0]!

  /** For what this file releases by itself. */
  const unnoted = (name: string, input: number, ...attributes: BindingAttribute[]): number =>
    binding.executeOp(name, attributes, [input], 1)[0]!.id

  function dropConstants(): void {
    for (const id of constants.values()) binding.deleteTensor(id)
    constants.clear()
  }

  function constant(key: string, create: () => number): number {
    const known = constants.get(key)
    if (known !== undefined) {
      constants.delete(key)
      constants.set(key, known) // the first of the map is the one longest unused
      return known
    }
    if (constants.size >= keptConstants) {
      const [[oldest, unused]] = constants as Iterable<[string, number]> as [[string, number]]
      binding.deleteTensor(unused)
      constants.delete(oldest)
    }
    const id = create()
    constants.set(key, id)
    return id
  }

  /** A kept int32 vector, or scalar for a number. */
  function integers(values: number | readonly number[]): number {
    const list = typeof values === 'number' ? [values] : values
    const shape = typeof values === 'number' ? [] : [list.length]
    return constant(`${shape.length}:${list.join()}`, () =>
      binding.createTensor(shape, 3, misaligned(Int32Array.from(list))),
    )
  }
  const pairs = (before: readonly number[], after: readonly number[]): number =>
    constant(`p:${before.join()}:${after.join()}`, () =>
      binding.createTensor(
        [before.length, 2],
        3,
        misaligned(Int32Array.from(before.flatMap((b, i) => [b, after[i]!]))),
      ),
    )
  const float = (value: number): number =>
    constant(`f:${Object.is(value, -0) ? '-0' : value}`, () =>
      binding.createTensor([], 1, misaligned(Float32Array.of(value))),
    )

  function create(values: DataArray, { shape, dtype }: Spec): DeviceTensor {
    if (dtype !== 'bfloat16' && dtype !== 'float16') {
      const copy = misaligned(values as TfjsValues)
      return note({ id: binding.createTensor(shape, dataTypes[dtype], copy), shape, dtype })
    }
    const bytes = misaligned(new Uint8Array(values.buffer, values.byteOffset, values.byteLength))
    const raw = binding.createTensor([...shape, 2], uint8, bytes)
    const id = unnoted('Bitcast', raw, attribute.type('type', dataTypes[dtype]))
    binding.deleteTensor(raw)
    return note({ id, shape, dtype })
  }

  function read(x: DeviceTensor): DataArray {
    if (x.dtype !== 'bfloat16' && x.dtype !== 'float16') return binding.tensorDataSync(idOf(x)) as DataArray
    const bits = unnoted('Bitcast', idOf(x), attribute.type('type', int16))
    const wide = unnoted('Cast', bits, attribute.type('DstT', dataTypes.int32))
    const values = allocateArray(
      x.dtype,
      x.shape.reduce((size, length) => size * length, 1),
    )
    values.set(binding.tensorDataSync(wide)) // the low 16 bits of each
    binding.deleteTensor(bits)
    binding.deleteTensor(wide)
    return values
  }

  const padValue = ({ dtype }: DeviceTensor, value: number): number =>
    dtype === 'float32'
      ? float(value)
      : constant(`v:${dtype}:${value}`, () => unnoted('Cast', float(value), attribute.type('DstT', dataTypes[dtype])))

  const convolution = ({ strides, padding: [top, bottom, left, right] }: ConvolutionGeometry): BindingAttribute[] => [
    attribute.int('strides', [1, ...strides, 1]),
    attribute.text('padding', 'EXPLICIT'),
    attribute.int('explicit_paddings', [0, 0, top, bottom, left, right, 0, 0]),
  ]
  const pooling = ({ window, strides }: PoolingGeometry): BindingAttribute[] => [
    attribute.int('ksize', [1, ...window, 1]),
    attribute.int('strides', [1, ...strides, 1]),
    attribute.text('padding', 'VALID'),
  ]

  const end = (begin: readonly number[], strides: readonly number[], size: Shape): number =>
    integers(begin.map((start, axis) => start + (size[axis]! - 1) * strides[axis]! + 1))

  return {
    stores: ['float32', 'int32', 'bool', 'bfloat16', 'float16'],
    create,
    read,
    release: (x) => binding.deleteTensor(idOf(x)),
    dispose: dropConstants,
    reshape: (x, shape) => run('Reshape', [idOf(x), integers(shape)]),
    scalar: (value) => ({ id: float(value), shape: [], dtype: 'float32' }) as BindingHandle,
    unary: (name, x) => run(names[name] ?? name, [idOf(x)]),
    binary: (name: BinaryOperator, a, b) => run(names[name] ?? name, [idOf(a), idOf(b)]),
    select: (condition, a, b) => run('SelectV2', [idOf(condition), idOf(a), idOf(b)]),
    cast: (x, dtype) => run('Cast', [idOf(x)], attribute.type('DstT', dataTypes[dtype])),
    fill: (shape, value) => run('Fill', [integers(shape), float(value)]),
    reduce: (name, x, axes, keep) => run(name, [idOf(x), integers(axes)], attribute.bool('keep_dims', keep)),
    position: (name, x, axis) => run(name, [idOf(x), integers(axis)], attribute.type('output_type', dataTypes.int32)),
    cumulativeSum: (x, axis, exclusive, reverse) =>
      run(
        'Cumsum',
        [idOf(x), integers(axis)],
        attribute.bool('exclusive', exclusive),
        attribute.bool('reverse', reverse),
      ),
    topK(x, k) {
      const [values, indices] = runAll('TopKV2', [idOf(x), integers(k)], [attribute.bool('sorted', true)], 2)
      return [values!, indices!]
    },
    transpose: (x, permutation) => run('Transpose', [idOf(x), integers(permutation)]),
    broadcast: (x, shape) => run('BroadcastTo', [idOf(x), integers(shape)]),
    slice: (x, begin, strides, size) =>
      strides.every((stride) => stride === 1)
        ? run('Slice', [idOf(x), integers(begin), integers(size)])
        : run('StridedSlice', [idOf(x), integers(begin), end(begin, strides, size), integers(strides)]),
    sliceGradient: (g, begin, strides, shape) =>
      run('StridedSliceGrad', [
        integers(shape),
        integers(begin),
        end(begin, strides, g.shape),
        integers(strides),
        idOf(g),
      ]),
    pad: (x, before, after, value) => run('PadV2', [idOf(x), pairs(before, after), padValue(x, value)]),
    reverse: (x, axes) => run('ReverseV2', [idOf(x), integers(axes)]),
    concat: (parts, axis) =>
      run(
        'ConcatV2',
        [...parts.map(idOf), integers(axis)],
        attribute.int('N', parts.length),
        attribute.type('T', dataTypes[parts[0]!.dtype]),
        attribute.type('Tidx', dataTypes.int32),
      ),
    gather: (x, indices, axis, batchAxes) =>
      run('GatherV2', [idOf(x), idOf(indices), integers(axis)], attribute.int('batch_dims', batchAxes)),
    scatterAdd: (updates, indices, rows) => run('UnsortedSegmentSum', [idOf(updates), idOf(indices), integers(rows)]),
    oneHot: (indices, depth) =>
      run('OneHot', [idOf(indices), integers(depth), float(1), float(0)], attribute.int('axis', -1)),
    matmul: (a, b, transposeA, transposeB) =>
      a.shape.length === 2 && b.shape.length === 2
        ? run(
            'MatMul',
            [idOf(a), idOf(b)],
            attribute.bool('transpose_a', transposeA),
            attribute.bool('transpose_b', transposeB),
          )
        : run(
            'BatchMatMulV2',
            [idOf(a), idOf(b)],
            attribute.bool('adj_x', transposeA),
            attribute.bool('adj_y', transposeB),
          ),
    conv2d: (x, filter, geometry) => run('Conv2D', [idOf(x), idOf(filter)], ...convolution(geometry)),
    conv2dInput: (g, filter, geometry, shape) =>
      run('Conv2DBackpropInput', [integers(shape), idOf(filter), idOf(g)], ...convolution(geometry)),
    conv2dFilter: (g, x, geometry, shape) =>
      run('Conv2DBackpropFilter', [idOf(x), integers(shape), idOf(g)], ...convolution(geometry)),
    maxPool: (x, geometry) => run('MaxPool', [idOf(x)], ...pooling(geometry)),
    maxPoolInput: (g, x, y, geometry) => run('MaxPoolGrad', [idOf(x), idOf(y), idOf(g)], ...pooling(geometry)),
    averagePool: (x, geometry) => run('AvgPool', [idOf(x)], ...pooling(geometry)),
    averagePoolInput: (g, shape, geometry) => run('AvgPoolGrad', [integers(shape), idOf(g)], ...pooling(geometry)),
    softmax: (x) => run('Softmax', [idOf(x)]),
  }
}
