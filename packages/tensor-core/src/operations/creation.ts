import type { Backend, KeyWords, PrimitiveAttributes, Shape, Spec } from '../backend.js'
import { peekScalar, withScalars, type Scalar } from '../compile/dynamic-number.js'
import { keyAttribute } from '../compile/traced-key.js'
import { defaultBackend } from '../default-backend.js'
import { allocateArray, type DataArray, type DType } from '../dtype.js'
import { argumentError, shapeError } from '../errors.js'
import { run } from '../run.js'
import { adopt } from '../scope.js'
import { checkShape, formatShape, sizeOf } from '../shape.js'
import type { Operation } from '../tape-node.js'
import { Storage, Tensor } from '../tensor.js'

export interface CreationOptions {
  /** Default `float32`. */
  readonly dtype?: DType
  /** Default: the backend of `createBackend`. */
  readonly backend?: Backend
}

export type NestedNumbers = number | boolean | readonly NestedNumbers[]

function isDataArray(values: unknown): values is DataArray {
  return (
    values instanceof Float32Array ||
    values instanceof Int32Array ||
    values instanceof Uint8Array ||
    values instanceof Uint16Array
  )
}

function inferDType(values: DataArray): DType {
  if (values instanceof Float32Array) return 'float32'
  if (values instanceof Int32Array) return 'int32'
  if (values instanceof Uint8Array) return 'bool'
  throw argumentError(
    'tensor',
    'a Uint16Array holds the bits of a 16-bit float: say which with { dtype: "bfloat16" } or "float16"',
  )
}

function shapeOfNested(values: NestedNumbers): number[] {
  const shape: number[] = []
  for (let level = values; Array.isArray(level); level = level[0] as NestedNumbers) {
    shape.push(level.length)
    if (level.length === 0) break
  }
  return shape
}

function firstOf(values: NestedNumbers): number | boolean | undefined {
  let level: NestedNumbers | undefined = values
  while (Array.isArray(level)) level = level[0] as NestedNumbers | undefined
  return level as number | boolean | undefined
}

function flattenNested(values: NestedNumbers, shape: readonly number[], dtype: DType, target: DataArray): void {
  let position = 0
  const walk = (level: NestedNumbers, axis: number): void => {
    if (axis === shape.length) {
      if (typeof level === 'object')
        throw shapeError('tensor', 'nested arrays are deeper in some places than in others')
      checkFits('tensor', dtype, Number(level))
      target[position++] = Number(level)
      return
    }
    if (!Array.isArray(level) || level.length !== shape[axis]) {
      throw shapeError('tensor', `nested arrays are ragged: expected ${shape[axis]} items on axis ${axis}`)
    }
    for (const item of level) walk(item as NestedNumbers, axis + 1)
  }
  walk(values, 0)
}

/** Throws for a number that the dtype would silently change: a fraction as int32, anything but 0 and 1 as bool. */
function checkFits(operation: string, dtype: DType, value: number): void {
  const fits = dtype === 'bool' ? value === 0 || value === 1 : dtype !== 'int32' || (value | 0) === value
  if (!fits)
    throw argumentError(operation, `${value} does not fit ${dtype}`, {
      help: 'make a float32 tensor and cast(x, dtype)',
    })
}

/** Puts host values onto a backend. Internal: shapes are checked by the callers. */
export function upload(values: DataArray, spec: Spec, backend: Backend): Tensor {
  return adopt(new Tensor(new Storage(backend, backend.write(values, spec)), spec.shape, spec.dtype))
}

/**
 * A tensor from a number, nested arrays or a typed array (Float32Array, Int32Array, Uint8Array of 0/1 for bool,
 * Uint16Array of 16-bit float patterns). `shape` defaults to that of the nested arrays, or one axis.
 * Throws `invalid-shape` when the values do not fill the shape.
 */
export function tensor(values: NestedNumbers | DataArray, shape?: Shape, options: CreationOptions = {}): Tensor {
  const backend = options.backend ?? defaultBackend()
  if (isDataArray(values)) {
    const dtype = options.dtype ?? inferDType(values)
    const wanted = shape ?? [values.length]
    checkShape('tensor', wanted)
    if (sizeOf(wanted) !== values.length) {
      throw shapeError('tensor', `${values.length} values do not fill shape ${formatShape(wanted)}`, { shape: wanted })
    }
    if (values.constructor !== allocateArray(dtype, 0).constructor) {
      throw argumentError('tensor', `a ${values.constructor.name} cannot hold ${dtype}`)
    }
    if (dtype === 'bool' && values.some((value) => value > 1)) {
      throw argumentError('tensor', 'a Uint8Array holds truth values, 0 or 1, and this one holds others', {
        help: 'for bytes: tensor(Float32Array.from(bytes), shape)',
      })
    }
    return upload(values, { shape: wanted, dtype }, backend)
  }
  if (options.dtype === 'bfloat16' || options.dtype === 'float16') {
    throw argumentError('tensor', `cannot build ${options.dtype} from numbers`, {
      help: 'build float32 and cast(x, dtype)',
    })
  }
  const nestedShape = shapeOfNested(values)
  const first = firstOf(values)
  const dtype = options.dtype ?? (typeof first === 'boolean' ? 'bool' : 'float32')
  const data = allocateArray(dtype, sizeOf(nestedShape))
  flattenNested(values, nestedShape, dtype, data)
  return tensor(data, shape ?? nestedShape, options)
}

type CreationName = 'full' | 'range' | 'randomBits' | 'randomUniform' | 'randomNormal'

function create<Name extends CreationName>(
  name: Name,
  spec: Spec,
  attributes: PrimitiveAttributes[Name],
  backend: Backend | undefined,
): Tensor {
  checkShape(name, spec.shape)
  const operation: Operation<PrimitiveAttributes[Name]> = { name, infer: () => [spec] }
  return run(operation, [], attributes, backend ?? defaultBackend())[0]!
}

/** A tensor of one value everywhere. */
export function full(shape: Shape, value: Scalar, { dtype = 'float32', backend }: CreationOptions = {}): Tensor {
  checkFits('full', dtype, peekScalar(value))
  return create('full', { shape, dtype }, withScalars({ value }), backend)
}

export function zeros(shape: Shape, options: CreationOptions = {}): Tensor {
  return full(shape, 0, options)
}

export function ones(shape: Shape, options: CreationOptions = {}): Tensor {
  return full(shape, 1, options)
}

/** Zeros of the shape, dtype and backend of another tensor. */
export function zerosLike(like: Tensor): Tensor {
  return full(like.shape, 0, { dtype: like.dtype, backend: like.backend })
}

export function onesLike(like: Tensor): Tensor {
  return full(like.shape, 1, { dtype: like.dtype, backend: like.backend })
}

/** `count` numbers start, start + step, … along one axis; int32 unless asked otherwise. */
export function range(
  count: number,
  { start = 0, step = 1, dtype = 'int32', backend }: CreationOptions & { start?: number; step?: number } = {},
): Tensor {
  return create('range', { shape: [count], dtype }, { start, step }, backend)
}

/** The identity matrix [n, n], float32. */
export function identityMatrix(n: number, { backend }: CreationOptions = {}): Tensor {
  const values = new Float32Array(n * n)
  for (let i = 0; i < n; i++) values[i * n + i] = 1
  return tensor(values, [n, n], backend === undefined ? {} : { backend })
}

interface Keyed {
  readonly words: KeyWords
}

/** 32 random bits an element, int32; the same on every backend. */
export function randomBits(key: Keyed, shape: Shape, { backend }: CreationOptions = {}): Tensor {
  return create('randomBits', { shape, dtype: 'int32' }, keyAttribute(key), backend)
}

/** Uniform in [low, high), float32; the same on every backend. */
export function randomUniform(
  key: Keyed,
  shape: Shape,
  { low = 0, high = 1, backend }: CreationOptions & { low?: number; high?: number } = {},
): Tensor {
  const unit = create('randomUniform', { shape, dtype: 'float32' }, keyAttribute(key), backend)
  return low === 0 && high === 1 ? unit : affine(unit, high - low, low)
}

/** Normal with the given mean and standard deviation, float32; the same on every backend. */
export function randomNormal(
  key: Keyed,
  shape: Shape,
  { mean = 0, standardDeviation = 1, backend }: CreationOptions & { mean?: number; standardDeviation?: number } = {},
): Tensor {
  const standard = create('randomNormal', { shape, dtype: 'float32' }, keyAttribute(key), backend)
  return mean === 0 && standardDeviation === 1 ? standard : affine(standard, standardDeviation, mean)
}

const scaleOperation: Operation<Record<never, never>> = { name: 'multiply', infer: ([x]) => [x!] }
const shiftOperation: Operation<Record<never, never>> = { name: 'add', infer: ([x]) => [x!] }

/** x · factor + offset, element-wise, off the tape; disposes x. */
function affine(x: Tensor, factor: number, offset: number): Tensor {
  const apply = (operation: Operation<Record<never, never>>, input: Tensor, value: number): Tensor => {
    const scalar = full([], value, { backend: input.backend })
    const result = run(operation, [input, scalar], {})[0]!
    scalar.dispose()
    input.dispose()
    return result
  }
  const scaled = factor === 1 ? x : apply(scaleOperation, x, factor)
  return offset === 0 ? scaled : apply(shiftOperation, scaled, offset)
}
