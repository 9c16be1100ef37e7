/* eslint-disable @nx/enforce-module-boundaries -- tests are in no package; the bundler reads them here for emulators, which cannot run Vitest */
/** The engine's own tests, without Vitest: see vitest-alone.ts, for which the bundler takes the import of `vitest`. */
import { runTests } from './vitest-alone.js'

const tests = '../../../../packages/tensor-native/src'
const failures = await runTests({
  [`${tests}/create-native-engine.test.ts`]: () =>
    import('../../../../packages/tensor-native/src/create-native-engine.test.js'),
  [`${tests}/engine.test.ts`]: () => import('../../../../packages/tensor-native/src/engine.test.js'),
  [`${tests}/engine-recording.test.ts`]: () =>
    import('../../../../packages/tensor-native/src/engine-recording.test.js'),
  [`${tests}/matmul.test.ts`]: () => import('../../../../packages/tensor-native/src/matmul.test.js'),
})
process.exitCode = failures === 0 ? 0 : 1
