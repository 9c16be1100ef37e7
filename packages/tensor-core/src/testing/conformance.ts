import type { Backend, Kernel, Kernels } from '../backend.js'
import { LemanicError } from '../errors.js'
import { derivative, differentiableInputs, evaluate, type Case } from './case.js'
import { conformanceCases } from './cases/index.js'
import { expectClose, fail } from './compare.js'
import { expectGradientsMatchDifferences } from './finite-differences.js'

/** One thing that must hold; `run` rejects with code `conformance` when it does not. */
export interface Check {
  readonly name: string
  readonly operation: Case['operation'] | undefined
  run(): Promise<void>
}

export interface CheckResult {
  readonly name: string
  readonly operation: Case['operation'] | undefined
  readonly passed: boolean
  /** Why it failed; empty when it passed. */
  readonly message: string
}

/** Runs one stage of a check and puts its name before the message of a failure. */
async function stage(name: string, body: () => void | Promise<void>): Promise<void> {
  try {
    await body()
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new LemanicError('conformance', `${name}: ${reason}`, { cause })
  }
}

function expectNoLeak(backend: Backend, before: number): void {
  const { buffers } = backend.memory()
  if (buffers !== before) fail(`${buffers - before} buffers were left behind`)
}

const hasDerivative = (testCase: Case): boolean => differentiableInputs(testCase, testCase.inputs()).length > 0

async function expectAgreement(testCase: Case, backend: Backend, oracle: Backend): Promise<void> {
  const before = backend.memory().buffers
  const agree = async (name: string, subject: Case): Promise<void> =>
    stage(name, async () =>
      expectClose(await evaluate(subject, backend), await evaluate(subject, oracle), subject.tolerance),
    )
  await agree('forward', testCase)
  if (hasDerivative(testCase)) {
    const first = derivative(testCase, oracle)
    await agree('gradient', first)
    if (testCase.twice ?? testCase.smooth ?? true) {
      const second = derivative(first, oracle)
      await agree('second derivative', { ...second, tolerance: testCase.secondTolerance ?? second.tolerance })
    }
  }
  expectNoLeak(backend, before)
}

/**
 * Forward results, gradients and second derivatives of every case on `backend` against those of `oracle` (which
 * composes the fused operations from primitives), with a look at what is left in memory after each; at last, that
 * every kernel of the backend took part.
 */
export function agreementChecks(
  backend: Backend,
  oracle: Backend,
  cases: readonly Case[] = conformanceCases(),
): Check[] {
  const { observed, called } = observe(backend)
  const checks = cases.map(
    (testCase): Check => ({
      name: testCase.name,
      operation: testCase.operation,
      run: () => expectAgreement(testCase, observed, oracle),
    }),
  )
  const coverage: Check = {
    name: 'every kernel took part',
    operation: undefined,
    async run() {
      const idle = Object.entries(backend.kernels).flatMap(([name, kernel]) =>
        kernel === undefined || called.has(name) ? [] : [name],
      )
      if (idle.length > 0) fail(`no case called ${idle.join(', ')}`)
    },
  }
  return [...checks, coverage]
}

/**
 * The rules of differentiation themselves: on a backend that rounds once an operation, gradients and second
 * derivatives of every smooth case against finite differences.
 */
export function differenceChecks(oracle: Backend, cases: readonly Case[] = conformanceCases()): Check[] {
  return cases
    .filter((testCase) => (testCase.smooth ?? true) && hasDerivative(testCase))
    .map((testCase) => ({
      name: testCase.name,
      operation: testCase.operation,
      async run() {
        await stage('gradient', () => expectGradientsMatchDifferences(testCase, oracle))
        if (testCase.twice ?? true) {
          await stage('second derivative', () => expectGradientsMatchDifferences(derivative(testCase, oracle), oracle))
        }
      },
    }))
}

/** Runs checks one after the other and tells what came of each: for scripts and browser pages. */
export async function runChecks(checks: readonly Check[]): Promise<CheckResult[]> {
  const results: CheckResult[] = []
  for (const { name, operation, run } of checks) {
    try {
      await run()
      results.push({ name, operation, passed: true, message: '' })
    } catch (cause) {
      results.push({ name, operation, passed: false, message: cause instanceof Error ? cause.message : String(cause) })
    }
  }
  return results
}

/** The same backend, with a note of the kernels that are called. */
function observe(backend: Backend): { observed: Backend; called: ReadonlySet<string> } {
  const called = new Set<string>()
  const kernels = Object.fromEntries(
    (Object.entries(backend.kernels) as [string, Kernel<unknown> | undefined][]).flatMap(([name, kernel]) =>
      kernel === undefined
        ? []
        : [
            [
              name,
              (...call: Parameters<Kernel<unknown>>) => {
                called.add(name)
                return kernel.apply(backend.kernels, call)
              },
            ],
          ],
    ),
  ) as unknown as Kernels
  const observed: Backend = {
    name: backend.name,
    kernels,
    write: (values, spec) => backend.write(values, spec),
    read: (handle, spec) => backend.read(handle, spec),
    free: (handle) => backend.free(handle),
    memory: () => backend.memory(),
    resetPeak: () => backend.resetPeak(),
    describe: () => backend.describe(),
    ...(backend.readAsync === undefined ? {} : { readAsync: (handle, spec) => backend.readAsync!(handle, spec) }),
  }
  return { observed, called }
}
