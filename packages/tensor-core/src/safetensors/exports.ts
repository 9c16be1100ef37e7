export { bfloat16ToFloat32, float16ToFloat32, float32ToBfloat16, float32ToFloat16 } from './half-precision.js'
export {
  isSafetensorsType,
  safetensorsTypes,
  type SafetensorsArray,
  type SafetensorsArrays,
  type SafetensorsType,
} from './element-type.js'
export type { SafetensorsEntry } from './header.js'
export type { SafetensorsSpec } from './build-header.js'
export {
  decodeSafetensors,
  memorySource,
  openSafetensors,
  readAll as readAllSafetensors,
  type ByteSource,
  type HostTensor,
  type SafetensorsReader,
} from './reader.js'
export { parseShardIndex, ShardedReader, type ShardIndex } from './sharded-reader.js'
export { encodeSafetensors, SafetensorsWriter, type ByteSink } from './writer.js'
