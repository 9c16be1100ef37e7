import type { EngineArray } from './engine-binding.js'
import { EngineError } from './engine-error.js'

/** The functions of the Node-API addon (native/addon.cc). */
export interface Addon {
  create(threads: number, memoryLimit: number, variant: number): object
  dispose(engine: object): void
  attach(engine: object, program: Int32Array): void
  execute(engine: object, words: number): number
  compile(engine: object, words: number): number
  replay(engine: object, plan: number, words: number): number
  discard(engine: object, plan: number): void
  write(engine: object, id: number, values: EngineArray): number
  read(engine: object, id: number, into: EngineArray): number
  weigh(engine: object, bytes: number): void
  counters(engine: object, into: Float64Array): void
  error(engine: object, into: Float64Array): void
  resetPeak(engine: object): void
  trim(engine: object): void
  operations(): string
  instructionSet(engine: object): string
}

/** Where an addon was looked for and why it did not load. */
export interface LoadAttempt {
  readonly path: string
  readonly reason: string
}

/** Machines for which a platform package is published (tools/pack/platforms.mjs). */
const published = ['linux-x64', 'linux-arm64', 'darwin-arm64', 'darwin-x64', 'win32-x64']

interface NodeModules {
  readonly createRequire: (from: string) => (id: string) => unknown
}

let loaded: Addon | undefined
let attempts: readonly LoadAttempt[] | undefined

function tryAll(): { addon: Addon | undefined; attempts: readonly LoadAttempt[] } {
  const builtin = typeof process === 'undefined' ? undefined : process.getBuiltinModule
  if (builtin === undefined)
    return { addon: undefined, attempts: [{ path: 'Node-API', reason: 'this is not Node.js (20.19 or later)' }] }
  const require = (builtin('node:module') as unknown as NodeModules).createRequire(import.meta.url)
  const platform = `${process.platform}-${process.arch}`
  const tried: LoadAttempt[] = []
  for (const path of [`../build/${platform}/lemanic.node`, `@lemanic/tensor-native-${platform}`]) {
    try {
      return { addon: require(path) as Addon, attempts: tried }
    } catch (error) {
      tried.push({ path, reason: error instanceof Error ? error.message.split('\n')[0]! : String(error) })
    }
  }
  return { addon: undefined, attempts: tried }
}

/** The addon: the one built in this package, else that of the optional package for this platform. */
export function loadAddon(): Addon {
  if (attempts === undefined) ({ addon: loaded, attempts } = tryAll())
  if (loaded !== undefined) return loaded
  throw new EngineError('engine-missing', missing(attempts), { attempts })
}

function missing(attempts: readonly LoadAttempt[]): string {
  const list = attempts.map(({ path, reason }) => `${path}: ${reason}`).join('; ')
  const runtime = typeof process === 'undefined' ? undefined : process
  const platform = `${runtime?.platform}-${runtime?.arch}`
  const remedy = published.includes(platform)
    ? `install @lemanic/tensor-native-${platform} in the version of @lemanic/tensor-native: npm install --include=optional`
    : 'no binary is published for it: use the WebAssembly engine'
  return `no native engine for ${platform} (${list}); ${remedy}; or in a clone of the repository build it: npm run build:native`
}

/** Why the native engine does not load here, undefined when it does. */
export function nativeLoadError(): EngineError | undefined {
  try {
    loadAddon()
    return undefined
  } catch (error) {
    if (EngineError.isInstance(error)) return error
    throw error
  }
}
