import { EngineError } from './engine-error.js'

/** The two builds in the package's folder `wasm`: with its own memory, and for threads on a shared one. */
export type WasmModuleName = 'engine.wasm' | 'engine-threads.wasm'

// both written out, so that bundlers which look for this form find the files
const addresses: Readonly<Record<WasmModuleName, () => URL>> = {
  'engine.wasm': () => new URL('../wasm/engine.wasm', import.meta.url),
  'engine-threads.wasm': () => new URL('../wasm/engine-threads.wasm', import.meta.url),
}

const compiled = new Map<WasmModuleName, WebAssembly.Module>()

interface NodeFiles {
  readFileSync(path: URL): Uint8Array<ArrayBuffer>
}

function explained(name: WasmModuleName, cause: unknown): EngineError {
  const reason = cause instanceof Error ? cause.message : String(cause)
  return new EngineError(
    'engine-missing',
    `the WebAssembly engine did not load from ${addresses[name]().href}: ${reason}; pass { module }, a WebAssembly.Module of the package's wasm/${name}`,
    {},
    cause,
  )
}

function fromDisk(name: WasmModuleName): WebAssembly.Module | undefined {
  const builtin = typeof process === 'undefined' ? undefined : process.getBuiltinModule
  if (builtin === undefined) return undefined
  const { readFileSync } = builtin('node:fs') as unknown as NodeFiles
  try {
    return new WebAssembly.Module(readFileSync(addresses[name]()))
  } catch (cause) {
    throw explained(name, cause)
  }
}

/** The module from the package's folder: compiled once, in Node.js from its file. */
export function loadModuleSync(name: WasmModuleName): WebAssembly.Module {
  const module = compiled.get(name) ?? fromDisk(name)
  if (module === undefined) {
    throw new EngineError(
      'engine-missing',
      'outside Node.js the WebAssembly engine loads asynchronously: await createWasmEngine(), or pass { module }',
    )
  }
  compiled.set(name, module)
  return module
}

/** `loadModuleSync` anywhere: browsers fetch it. */
export async function loadModule(name: WasmModuleName): Promise<WebAssembly.Module> {
  let module = compiled.get(name) ?? fromDisk(name)
  try {
    module ??= await WebAssembly.compileStreaming(fetch(addresses[name]()))
  } catch (cause) {
    throw explained(name, cause)
  }
  compiled.set(name, module)
  return module
}
