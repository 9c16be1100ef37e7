import { nativeInstructionSets } from '@lemanic/tensor-native'
import { describe, it } from 'vitest'
import { createNativeBackend } from '../backends/native.js'
import { absenceOf } from './absence.js'
import { backendContract } from './contract.js'

// where there is no compiler the suite is skipped; CI has one, and there an absence is a failure
const absence = await absenceOf(createNativeBackend, process.env.LEMANIC_EXPECT_ENGINES === '1')

// every build of the kernels that this machine runs
if (absence === undefined) {
  for (const instructionSet of nativeInstructionSets()) {
    backendContract(`native, ${instructionSet}`, () => createNativeBackend({ instructionSet }), { describe, it })
  }
} else {
  it.skip(`native engine: ${absence}`, () => {})
}
