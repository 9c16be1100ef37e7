import type { Backend } from '../backend.js'
import type { DataArray, DType } from '../dtype.js'
import { argumentError } from '../errors.js'
import { tensor } from '../operations/creation.js'
import { scope } from '../scope.js'
import type { SafetensorsType } from '../safetensors/element-type.js'
import type { HostTensor } from '../safetensors/reader.js'
import { float16ToFloat32, bfloat16ToFloat32 } from '../safetensors/half-precision.js'
import type { Tensor } from '../tensor.js'
import type { Params } from './params.js'

const fileTypes: Readonly<Record<DType, SafetensorsType>> = {
  float32: 'F32',
  int32: 'I32',
  bool: 'BOOL',
  bfloat16: 'BF16',
  float16: 'F16',
}
const dtypes: Readonly<Partial<Record<SafetensorsType, DType>>> = {
  F32: 'float32',
  I32: 'int32',
  BOOL: 'bool',
  BF16: 'bfloat16',
  F16: 'float16',
}

/** Copies a tensor to the host, under the type name that files use. */
export async function tensorToHost(value: Tensor): Promise<HostTensor> {
  return { dtype: fileTypes[value.dtype], shape: value.shape, data: await value.data() }
}

/** Copies all tensors to the host, as safetensors files hold them. */
export async function paramsToHost(params: Params): Promise<Record<string, HostTensor>> {
  const host: Record<string, HostTensor> = {}
  for (const [name, value] of Object.entries(params)) host[name] = await tensorToHost(value)
  return host
}

export interface FromHostOptions {
  /** Default: the backend of `createBackend`. */
  readonly backend?: Backend
  /** Turn 16- and 64-bit floats into float32 (exactly, or to nearest). Default: 16 bit stay as they are. */
  readonly dtype?: 'float32'
}

function narrowIntegers(name: string, values: Iterable<number | bigint>): Int32Array {
  return Int32Array.from(values as Iterable<number>, (value) => {
    const number = Number(value)
    if (number !== (number | 0))
      throw argumentError('tensorFromHost', `"${name}" holds ${value}, which does not fit int32`)
    return number
  })
}

/**
 * Puts a host tensor onto a backend. Doubles become float32 (to nearest), other integer types int32; an integer that
 * does not fit, and 8-bit floats, are errors that name the tensor.
 */
export function tensorFromHost(name: string, host: HostTensor, options: FromHostOptions = {}): Tensor {
  const { backend } = options
  const make = (data: DataArray, dtype: DType): Tensor =>
    tensor(data, host.shape, { dtype, ...(backend === undefined ? {} : { backend }) })
  const { dtype, data } = host
  if (options.dtype === 'float32' && dtype === 'F16') return make(float16ToFloat32(data as Uint16Array), 'float32')
  if (options.dtype === 'float32' && dtype === 'BF16') return make(bfloat16ToFloat32(data as Uint16Array), 'float32')
  const same = dtypes[dtype]
  if (same !== undefined) return make(data as DataArray, same)
  if (dtype === 'F64') return make(Float32Array.from(data as Float64Array), 'float32')
  if (dtype.startsWith('F8'))
    throw argumentError('tensorFromHost', `"${name}" has type ${dtype}, which tensors do not have`, {
      help: 'read its bytes with openSafetensors and convert them',
    })
  return make(narrowIntegers(name, data as unknown as Iterable<number | bigint>), 'int32')
}

/** Puts all host tensors onto a backend; see `tensorFromHost`. */
export function paramsFromHost(host: Readonly<Record<string, HostTensor>>, options: FromHostOptions = {}): Params {
  return scope(() =>
    Object.fromEntries(Object.entries(host).map(([name, value]) => [name, tensorFromHost(name, value, options)])),
  )
}
