import type { ViteUserConfig } from 'vitest/config';

const conditions = ['@lemanic/source', 'node', 'import', 'module', 'default'];

/** Test options of every package: tests beside the code, and sources of the other packages without a build. */
export function testOptions(packageRoot: string): ViteUserConfig {
  return {
    root: packageRoot,
    resolve: { conditions },
    ssr: { resolve: { conditions, externalConditions: conditions } },
    test: {
      include: ['src/**/*.test.ts'],
      environment: 'node',
      pool: 'forks',
      execArgv: ['--conditions=@lemanic/source', '--expose-gc'],
      testTimeout: 30_000,
      coverage: { provider: 'v8', include: ['src/**/*.ts'], exclude: ['src/**/*.test.ts'] },
    },
  };
}
