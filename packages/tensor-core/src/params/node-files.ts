import { argumentError } from '../errors.js'
import { openSafetensorsFile, saveSafetensors, type SaveSafetensorsOptions } from '../safetensors/node-files.js'
import type { Tensor } from '../tensor.js'
import { paramsToHost, tensorFromHost, type FromHostOptions } from './host.js'
import { disposeParams } from './lifetime.js'
import type { Params } from './params.js'

export interface LoadParamsOptions extends FromHostOptions {
  /** Which names to read; others are not touched. Default: all. */
  readonly select?: (name: string) => boolean
  /** The name to give to a name of the file. Default: the same. */
  readonly rename?: (name: string) => string
}

/**
 * Reads parameters from a `.safetensors` file, an index of shards or a folder that holds either, one tensor at a time.
 * Throws `invalid-safetensors` for a damaged file; nothing is left on the backend then.
 */
export async function loadParams(path: string, options: LoadParamsOptions = {}): Promise<Params> {
  const { select = () => true, rename = (name: string) => name } = options
  const reader = await openSafetensorsFile(path)
  const params: Record<string, Tensor> = {}
  try {
    for (const name of reader.names) {
      if (!select(name)) continue
      const target = rename(name)
      if (Object.hasOwn(params, target))
        throw argumentError('loadParams', `${path}: two names of the file become "${target}", the second is "${name}"`)
      params[target] = tensorFromHost(name, await reader.read(name), options)
    }
    return params
  } catch (error) {
    disposeParams(params)
    throw error
  } finally {
    await reader.close()
  }
}

/** Writes parameters to a `.safetensors` file, or to shards; see `saveSafetensors`. Returns the paths written. */
export async function saveParams(
  path: string,
  params: Params,
  options: SaveSafetensorsOptions = {},
): Promise<string[]> {
  return saveSafetensors(path, await paramsToHost(params), options)
}
