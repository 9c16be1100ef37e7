import { describe, it } from 'vitest'
import { createNativeBackend } from '../backends/native.js'
import { absenceOf } from './absence.js'
import { backendContract } from './contract.js'

const absence = await absenceOf(createNativeBackend)

if (absence === undefined) backendContract('native', createNativeBackend, { describe, it })
else it.skip(`native engine: ${absence}`, () => {})
