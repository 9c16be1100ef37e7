/**
 * The conformance suite on the native engine, without a test framework: bundled into one file it runs where none is
 * installed, such as under an emulator. Prints each failure and `N passed, N failed`; exit code 1 when one failed.
 */
import { createNativeBackend } from '@lemanic/tensor-core'
import { runConformance } from '@lemanic/tensor-core/testing'
import { nativeInstructionSets } from '@lemanic/tensor-native'

let passed = 0
let failed = 0
const others = nativeInstructionSets().slice(0, -1)
for (const options of [
  { threads: 1 },
  { threads: 2 },
  ...others.map((instructionSet) => ({ threads: 1, instructionSet })),
]) {
  const backend = createNativeBackend(options)
  const facts = backend.describe()
  const results = await runConformance(backend)
  const failures = results.filter((result) => !result.passed)
  console.log(
    `${process.platform}-${process.arch}, ${String(facts['instructionSet'])}, ${options.threads} threads: ${results.length} checks`,
  )
  for (const { name, message } of failures) console.log(`  FAILED ${name}: ${message}`)
  passed += results.length - failures.length
  failed += failures.length
  backend.dispose?.()
}
console.log(`${passed} passed, ${failed} failed`)
process.exitCode = failed === 0 && passed > 0 ? 0 : 1
