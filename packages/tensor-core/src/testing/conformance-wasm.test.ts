import { describe, it } from 'vitest'
import { createWasmBackend } from '../backends/wasm.js'
import { absenceOf } from './absence.js'
import { backendContract } from './contract.js'

const absence = await absenceOf(createWasmBackend, process.env.LEMANIC_EXPECT_ENGINES === '1')

if (absence === undefined) {
  backendContract('wasm', () => createWasmBackend({ threads: 1 }), { describe, it })
  backendContract('wasm, three threads', () => createWasmBackend({ threads: 3 }), { describe, it })
} else it.skip(`wasm engine: ${absence}`, () => {})
