/**
 * What the engine's tests import from `vitest`, made of Vitest's own runner and matchers: bundled with the tests into one
 * file, it runs where Vitest itself is not installed, such as under an emulator.
 */
import * as chai from 'chai'
import {
  ASYMMETRIC_MATCHERS_OBJECT,
  JestAsymmetricMatchers,
  JestChaiExpect,
  JestExtend,
  setState,
} from '@vitest/expect'
import { startTests, type VitestRunner } from '@vitest/runner'
import { getTests } from '@vitest/runner/utils'

export { afterEach, beforeEach, describe, test } from '@vitest/runner'

chai.use(JestExtend)
chai.use(JestChaiExpect)
chai.use(JestAsymmetricMatchers)

export const expect: unknown = Object.assign(
  (value: unknown, message?: string) => chai.expect(value, message),
  chai.expect,
  (globalThis as unknown as Record<symbol, object>)[ASYMMETRIC_MATCHERS_OBJECT as unknown as symbol],
)
setState({ assertionCalls: 0 }, expect as Parameters<typeof setState>[1])

/** Runs test files, each by its name and what imports it; prints each failure and the counts → how many failed. */
export async function runTests(files: Readonly<Record<string, () => Promise<unknown>>>): Promise<number> {
  const runner: VitestRunner = {
    config: {
      root: '/',
      setupFiles: [],
      name: undefined,
      passWithNoTests: false,
      testNamePattern: undefined,
      allowOnly: false,
      sequence: { seed: 0, hooks: 'stack', setupFiles: 'list' },
      chaiConfig: undefined,
      maxConcurrency: 1,
      testTimeout: 600_000,
      hookTimeout: 600_000,
      retry: 0,
      includeTaskLocation: undefined,
      tags: [],
      tagsFilter: undefined,
      strictTags: false,
    },
    importFile: (path) => files[path]!(),
  }
  const tests = getTests(await startTests(Object.keys(files), runner))
  const failed = tests.filter(({ result }) => result?.state === 'fail')
  for (const { fullName, result } of failed) console.log(`  FAILED ${fullName}: ${result?.errors?.[0]?.message}`)
  const passed = tests.filter(({ result }) => result?.state === 'pass').length
  console.log(`${passed} passed, ${failed.length} failed, ${tests.length - passed - failed.length} skipped`)
  return passed === 0 ? 1 : failed.length
}
