import type { EngineArray } from './engine-binding.js'
import { EngineError } from './engine-error.js'
import { sourceDigest } from './source-digest.js'

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
  /** A digest of the sources that it was built from. */
  sources(): string
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

interface Outcome {
  readonly addon?: Addon
  readonly attempts: readonly LoadAttempt[]
  /** There is one, and it is of no use. */
  readonly outdated?: EngineError
}

let outcome: Outcome | undefined

function tryAll(): Outcome {
  const builtin = typeof process === 'undefined' ? undefined : process.getBuiltinModule
  if (builtin === undefined) return { attempts: [{ path: 'Node-API', reason: 'this is not Node.js (20.19 or later)' }] }
  // in two parts: bundlers take a URL that is made of a literal and import.meta.url for a file to copy
  const base = import.meta.url
  const sources = '../src/native/'
  const require = (builtin('node:module') as unknown as NodeModules).createRequire(base)
  const platform = `${process.platform}-${process.arch}`
  const tried: LoadAttempt[] = []
  for (const path of [`../build/${platform}/lemanic.node`, `@lemanic/tensor-native-${platform}`]) {
    let addon: Partial<Addon>
    try {
      addon = require(path) as Partial<Addon>
    } catch (error) {
      tried.push({ path, reason: error instanceof Error ? error.message.split('\n')[0]! : String(error) })
      continue
    }
    const isBuiltHere = path.startsWith('.')
    const wanted = isBuiltHere ? sourceDigest(new URL(sources, base)) : undefined
    const outdated = outdatedError(path, addon, wanted)
    return outdated === undefined ? { addon: addon as Addon, attempts: tried } : { attempts: tried, outdated }
  }
  return { attempts: tried }
}

/**
 * Undefined for an addon that fits: it says what it was built from, and that is `wanted`, the sources that lie here, if
 * they do. An addon of other sources may lack functions, or read commands in another way.
 */
export function outdatedError(
  path: string,
  addon: Partial<Addon>,
  wanted: string | undefined,
): EngineError | undefined {
  const sources = addon.sources?.()
  if (sources !== undefined && (wanted === undefined || sources === wanted)) return undefined
  const remedy =
    wanted === undefined
      ? 'install it in the version of @lemanic/tensor-native'
      : 'build it again: npm run build:native (without a compiler delete it, and the WebAssembly engine serves)'
  return new EngineError(
    'engine-outdated',
    `the native engine ${path} was built from other sources than this version of @lemanic/tensor-native; ${remedy}`,
    { path, sources, wanted },
  )
}

/**
 * The addon: the one built in this package, else that of the optional package for this platform. Throws `engine-missing`
 * where there is none, `engine-outdated` for one that was built from other sources.
 */
export function loadAddon(): Addon {
  const { addon, outdated, attempts } = (outcome ??= tryAll())
  if (addon !== undefined) return addon
  throw outdated ?? new EngineError('engine-missing', missing(attempts), { attempts })
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

/** Why there is no native engine here, undefined when there is. Throws for one that is outdated: that is a mistake. */
export function nativeLoadError(): EngineError | undefined {
  try {
    loadAddon()
    return undefined
  } catch (error) {
    if (EngineError.isInstance(error, 'engine-missing')) return error
    throw error
  }
}
