export { AttributeWords, type AttributePatch } from './attribute-words.js'
export {
  createNativeEngine,
  type InstructionSet,
  nativeInstructionSets,
  type NativeEngineOptions,
} from './create-native-engine.js'
export { createWasmEngine, createWasmEngineSync, type WasmEngineOptions } from './create-wasm-engine.js'
export { Engine, type EngineMemory } from './engine.js'
export type { EngineArray, EngineBinding } from './engine-binding.js'
export { EnginePlan, type RecordedProgram } from './engine-plan.js'
export type { EngineDType, EngineOperand, EngineSpec } from './engine-spec.js'
export { EngineError, type EngineErrorCode } from './engine-error.js'
export { type LoadAttempt, nativeLoadError } from './load-addon.js'
