import { createNativeEngine, nativeInstructionSets } from './create-native-engine.js'
import { createWasmEngineSync } from './create-wasm-engine.js'
import type { Engine } from './engine.js'
import type { EngineOperand, EngineSpec } from './engine-spec.js'
import { nativeLoadError } from './load-addon.js'

const hasNative = nativeLoadError() === undefined

type Create = (options?: { memoryLimit?: number }) => Engine

/** Every engine of this machine, for `describe.each`; the addon's kernels in all builds and with two thread counts. */
export const engines: readonly (readonly [name: string, create: Create])[] = [
  ['wasm', (options) => createWasmEngineSync(options)],
  ['wasm, three threads', (options) => createWasmEngineSync({ threads: 3, ...options })],
  ...(hasNative
    ? ([
        ['native', (options) => createNativeEngine({ threads: 1, ...options })],
        ['native, three threads', (options) => createNativeEngine({ threads: 3, ...options })],
        ...nativeInstructionSets()
          .slice(0, -1)
          .map((instructionSet): [string, Create] => [
            `native, ${instructionSet}`,
            (options) => createNativeEngine({ threads: 1, instructionSet, ...options }),
          ]),
      ] satisfies [string, Create][])
    : []),
]

/** Numbers in (−1, 1) that do not repeat soon. */
export function numbers(size: number, seed = 1): Float32Array {
  const values = new Float32Array(size)
  let state = seed * 2654435761
  for (let i = 0; i < size; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) | 0
    values[i] = state / 2 ** 31
  }
  return values
}

export function float32(
  engine: Engine,
  shape: readonly number[],
  values = numbers(shape.reduce((a, b) => a * b, 1)),
): EngineOperand {
  return { handle: engine.write(values), shape, dtype: 'float32' }
}

/** Runs an operation by name and reads its float32 outputs; the outputs are freed. */
export function compute(
  engine: Engine,
  name: string,
  attributes: readonly number[],
  inputs: readonly EngineOperand[],
  shapes: readonly (readonly number[])[],
): Float32Array[] {
  const code = engine.operationCode(name)
  if (code === undefined) throw new Error(`the engine has no operation ${name}`)
  const outputs: EngineSpec[] = shapes.map((shape) => ({ shape, dtype: 'float32' }))
  return engine.run(code, attributes, inputs, outputs).map((handle, i) => {
    const values = engine.read(handle, new Float32Array(shapes[i]!.reduce((a, b) => a * b, 1)))
    engine.free(handle)
    return values
  })
}
