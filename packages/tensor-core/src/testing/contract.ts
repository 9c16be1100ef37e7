import type { Backend } from '../backend.js'
import { createCpuBackend } from '../backends/cpu/create-cpu-backend.js'
import { agreementChecks, runChecks, type Check, type CheckResult } from './conformance.js'
import { goldenChecks } from './golden.js'
import { memoryChecks } from './memory.js'
import { robustnessChecks } from './robustness.js'

/** The two functions of a test framework (vitest, jest, mocha, node:test) that the contract is written against. */
export interface TestHooks {
  describe(name: string, body: () => void): void
  it(name: string, body: () => Promise<void>): void
}

/** All that a backend promises: memory, agreement with the `cpu` backend, agreement with PyTorch. */
export function contractChecks(backend: Backend): Readonly<Record<string, readonly Check[]>> {
  return {
    'keeps memory in order': memoryChecks(backend),
    'agrees with the cpu backend and leaves no buffer behind': agreementChecks(backend, createCpuBackend()),
    'stays inside its memory': robustnessChecks(backend),
    'agrees with PyTorch': goldenChecks(backend),
  }
}

/**
 * Registers the contract of a backend as tests: every primitive and every fused operation it offers, forward, gradient
 * and second derivative. The backend is created once, by the first test that runs.
 *
 *     import { describe, it } from 'vitest'
 *     backendContract('mine', createMyBackend, { describe, it })
 */
export function backendContract(
  name: string,
  create: () => Backend | Promise<Backend>,
  { describe, it }: TestHooks,
): void {
  let checks: Promise<ReadonlyMap<string, Check>> | undefined
  const id = (group: string, check: Check): string => `${group}: ${check.name}`
  const loaded = (): Promise<ReadonlyMap<string, Check>> =>
    (checks ??= Promise.resolve(create()).then(
      (backend) =>
        new Map(
          Object.entries(contractChecks(backend)).flatMap(([group, list]) =>
            list.map((check) => [id(group, check), check]),
          ),
        ),
    ))
  const outline = contractChecks(createCpuBackend())
  for (const [group, list] of Object.entries(outline)) {
    describe(`${name} ${group}`, () => {
      for (const check of list) it(check.name, async () => (await loaded()).get(id(group, check))!.run())
    })
  }
}

/** Runs the contract without a test framework, in a script or a browser page. */
export async function runConformance(backend: Backend): Promise<CheckResult[]> {
  const results: CheckResult[] = []
  for (const checks of Object.values(contractChecks(backend))) results.push(...(await runChecks(checks)))
  return results
}
