import { basename, dirname } from 'node:path'
import type { ViteUserConfig } from 'vitest/config'
import { readmeTests } from './readme-examples.js'

const conditions = ['@lemanic/source', 'node', 'import', 'module', 'default']

/**
 * Test options of every workspace: tests beside the code, sources of the other packages without a build, and, in a
 * package, the examples of its README as tests.
 */
export function testOptions(projectRoot: string): ViteUserConfig {
  const isPackage = basename(dirname(projectRoot)) === 'packages'
  return {
    root: projectRoot,
    plugins: isPackage ? [readmeTests(projectRoot)] : [],
    resolve: { conditions },
    ssr: { resolve: { conditions, externalConditions: conditions } },
    test: {
      include: isPackage ? ['src/**/*.test.ts', 'README.md'] : ['src/**/*.test.ts'],
      environment: 'node',
      pool: 'forks',
      execArgv: ['--conditions=@lemanic/source', '--expose-gc'],
      testTimeout: 30_000,
      // As an nx task the run also leaves a report, which is kept in the cache with the result.
      reporters:
        process.env.NX_TASK_TARGET_PROJECT === undefined
          ? ['default']
          : ['default', ['json', { outputFile: 'out/tests.json' }]],
      coverage: { provider: 'v8', include: ['src/**/*.ts'], exclude: ['src/**/*.test.ts'] },
    },
  }
}
