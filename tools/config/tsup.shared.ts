import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Options } from 'tsup'

interface Manifest {
  readonly exports: Readonly<Record<string, string | Readonly<Record<string, unknown>>>>
}

/**
 * Build options of every package: ESM, CommonJS and types of each public entry.
 *
 * The entries are those that the package's `exports` name under `@lemanic/source`, so a new subpath needs no second
 * list; `src/cli.ts`, where there is one, is the package's command.
 */
export function buildOptions(packageRoot: string): Options {
  const manifest = JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8')) as Manifest
  const entry: string[] = []
  for (const target of Object.values(manifest.exports)) {
    const source = typeof target === 'string' ? undefined : target['@lemanic/source']
    if (typeof source === 'string') entry.push(source.replace(/^\.\//, ''))
  }
  if (existsSync(join(packageRoot, 'src/cli.ts'))) entry.push('src/cli.ts')
  return {
    entry,
    outDir: 'dist',
    format: ['esm', 'cjs'],
    target: 'node20',
    platform: 'node',
    // tsup sets baseUrl for its own resolver, which TypeScript 6 calls deprecated.
    dts: { compilerOptions: { ignoreDeprecations: '6.0', noEmit: false } },
    shims: true,
    sourcemap: true,
    splitting: true,
    treeshake: true,
    clean: true,
    silent: true,
    esbuildOptions(options) {
      options.charset = 'utf8' // readable messages instead of escapes
    },
  }
}
