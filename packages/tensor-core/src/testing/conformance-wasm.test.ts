import { describe, it } from 'vitest'
import { createWasmBackend } from '../backends/wasm.js'
import { absenceOf } from './absence.js'
import { backendContract } from './contract.js'

const absence = await absenceOf(createWasmBackend)

if (absence === undefined) backendContract('wasm', createWasmBackend, { describe, it })
else it.skip(`wasm engine: ${absence}`, () => {})
