import { disposeParams, LemanicError, tensorFromHost, tensorToHost, zeros } from '@lemanic/tensor-core'
import type { Backend, HostTensor, Params, SafetensorsReader, SafetensorsType, Tensor } from '@lemanic/tensor-core'
import { bfloat16ToFloat32, float16ToFloat32, float32ToBfloat16, float32ToFloat16 } from '@lemanic/tensor-core'
import type { FileTensor } from './checkpoint-format.js'
import { partShape, putTogether, takeApart } from './rearrange.js'

/** Types of weights in memory: as in the file, or all in float32. */
export type WeightType = 'stored' | 'float32'

const floats: readonly SafetensorsType[] = ['F32', 'F16', 'BF16', 'F64']
const list = (shape: readonly number[]): string => `[${shape.join(', ')}]`

/** The name under which the file holds a tensor, with or without the family's prefix. */
export function nameInFile(
  { name, aliases = [] }: FileTensor,
  prefix: string,
  has: (name: string) => boolean,
): string | undefined {
  const candidates = [name, ...aliases]
  const short = candidates.flatMap((long) =>
    prefix !== '' && long.startsWith(prefix) ? [long.slice(prefix.length)] : [],
  )
  return [...candidates, ...short].find(has)
}

/** What a file has for each tensor of the model, and what it has besides. */
export interface Inventory {
  readonly found: readonly { readonly tensor: FileTensor; readonly name: string }[]
  /** Tensors of the file that the model has no use for. */
  readonly unused: readonly string[]
}

/**
 * Compares the tensors of a file with those of a model, by their headers alone. Throws `invalid-checkpoint` listing
 * every tensor that is missing or has another shape, with both shapes.
 */
export function takeInventory(
  reader: SafetensorsReader,
  tensors: readonly FileTensor[],
  prefix: string,
  ignores: (name: string) => boolean,
): Inventory {
  const problems: string[] = []
  const found: { tensor: FileTensor; name: string }[] = []
  for (const tensor of tensors) {
    const name = nameInFile(tensor, prefix, (candidate) => reader.has(candidate))
    if (name === undefined) {
      if (tensor.optional !== true) problems.push(`${tensor.name} is missing, expected ${list(tensor.shape)}`)
      continue
    }
    const { shape, dtype } = reader.entry(name)
    if (shape.length !== tensor.shape.length || shape.some((length, axis) => length !== tensor.shape[axis]))
      problems.push(`${name} has shape ${list(shape)}, expected ${list(tensor.shape)}`)
    else if (!floats.includes(dtype)) problems.push(`${name} has type ${dtype}, expected ${floats.join(', ')}`)
    else found.push({ tensor, name })
  }
  if (problems.length > 0) {
    throw new LemanicError(
      'invalid-checkpoint',
      `${reader.name} does not fit its config.json: ${problems.join('; ')}`,
      {
        fields: { file: reader.name, problems },
        help: 'do both files belong to one model? An interrupted download may lack a shard',
      },
    )
  }
  const used = new Set(found.map(({ name }) => name))
  return { found, unused: reader.names.filter((name) => !used.has(name) && !ignores(name)) }
}

/**
 * Reads parameters, one tensor of the file at a time. Matrices of 16 bits stay so under `stored`; vectors, which the
 * engines read in float32 only, become float32.
 */
export async function readParameters(
  reader: SafetensorsReader,
  { found }: Inventory,
  tensors: readonly FileTensor[],
  { backend, weights }: { readonly backend: Backend; readonly weights: WeightType },
): Promise<Params> {
  const params: Record<string, Tensor> = {}
  try {
    for (const { tensor, name } of found) {
      for (const [own, host] of Object.entries(takeApart(tensor, await reader.read(name)))) {
        const isWide = weights === 'float32' || host.shape.length < 2
        params[own] = tensorFromHost(name, host, { backend, ...(isWide && { dtype: 'float32' as const }) })
      }
    }
    for (const tensor of tensors) for (const own of tensor.parts) params[own] ??= zeros(partShape(tensor), { backend })
    return params
  } catch (error) {
    disposeParams(params)
    throw error
  }
}

/** A tensor of the host in another type. */
export function convertHost(host: HostTensor, type: 'F32' | 'F16' | 'BF16'): HostTensor {
  if (host.dtype === type) return host
  const { dtype, data } = host
  const wide =
    dtype === 'F16'
      ? float16ToFloat32(data as Uint16Array)
      : dtype === 'BF16'
        ? bfloat16ToFloat32(data as Uint16Array)
        : (data as Float32Array)
  if (type === 'F32') return { ...host, dtype: type, data: wide } as HostTensor
  return { ...host, dtype: type, data: type === 'F16' ? float32ToFloat16(wide) : float32ToBfloat16(wide) } as HostTensor
}

/** The tensors of the file for parameters of ours, all of one type. */
export async function writeTensors(
  params: Params,
  tensors: readonly FileTensor[],
  type: 'F32' | 'F16' | 'BF16',
): Promise<Record<string, HostTensor>> {
  const result: Record<string, HostTensor> = {}
  for (const tensor of tensors) {
    const parts: HostTensor[] = []
    for (const own of tensor.parts) parts.push(convertHost(await tensorToHost(params[own]!), type))
    result[tensor.name] = putTogether(tensor, parts)
  }
  return result
}
