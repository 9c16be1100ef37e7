// Writes a file and shards for check_safetensors.py: node --conditions=@lemanic/source --import tsx … FOLDER
import { join } from 'node:path'
import type { HostTensor } from '../../../packages/tensor-core/src/safetensors/reader.js'
import { saveSafetensors } from '../../../packages/tensor-core/src/safetensors/node-files.js'

const folder = process.argv[2] as string
const tensors: Record<string, HostTensor> = {
  'π.weight': { dtype: 'F32', shape: [2, 3], data: Float32Array.of(0, -0.5, 1e-40, Infinity, 3.4e38, 7) },
  bits: { dtype: 'BF16', shape: [3], data: Uint16Array.of(0x3f80, 0xc000, 0x7f80) },
  half: { dtype: 'F16', shape: [1, 2], data: Uint16Array.of(0x3c00, 0x0001) },
  long: { dtype: 'I64', shape: [2], data: BigInt64Array.of(-(2n ** 63n), 5n) },
  double: { dtype: 'F64', shape: [], data: Float64Array.of(Math.PI) },
  flags: { dtype: 'BOOL', shape: [3], data: Uint8Array.of(1, 0, 1) },
  bytes: { dtype: 'U8', shape: [5], data: Uint8Array.of(1, 2, 3, 4, 255) },
  none: { dtype: 'I32', shape: [0, 7], data: new Int32Array(0) },
}
await saveSafetensors(join(folder, 'single.safetensors'), tensors, { metadata: { made: 'here', by: '"us"\n' } })
await saveSafetensors(join(folder, 'shards', 'model.safetensors'), tensors, { maximumShardBytes: 24 })
