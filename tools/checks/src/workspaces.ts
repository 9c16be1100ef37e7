import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { join, resolve } from 'node:path'

/** The folder that holds packages/, apps/ and tools/. */
export const repositoryRoot = resolve(import.meta.dirname, '../../..')

/** The fields of a package.json that the checks look at. */
export interface Manifest {
  readonly name: string
  readonly version: string
  readonly private?: boolean
  readonly description?: string
  readonly license?: string
  readonly type?: string
  readonly sideEffects?: unknown
  readonly engines?: Readonly<Record<string, string>>
  readonly exports?: Readonly<Record<string, unknown>>
  readonly bin?: Readonly<Record<string, string>>
  readonly files?: readonly string[]
  readonly repository?: { readonly directory?: string }
  readonly publishConfig?: { readonly access?: string; readonly provenance?: boolean }
  readonly scripts?: Readonly<Record<string, string>>
  readonly dependencies?: Readonly<Record<string, string>>
  readonly devDependencies?: Readonly<Record<string, string>>
  readonly optionalDependencies?: Readonly<Record<string, string>>
  readonly peerDependencies?: Readonly<Record<string, string>>
  readonly peerDependenciesMeta?: Readonly<Record<string, { readonly optional?: boolean }>>
  readonly nx?: { readonly tags?: readonly string[] }
}

export interface Workspace {
  readonly kind: 'packages' | 'apps'
  /** Name of the folder, as in `packages/eval`. */
  readonly name: string
  readonly folder: string
  readonly manifest: Manifest
}

/** All packages and apps, by kind and name. */
export function readWorkspaces(root: string = repositoryRoot): Workspace[] {
  const found: Workspace[] = []
  for (const kind of ['packages', 'apps'] as const) {
    for (const name of readdirSync(join(root, kind)).sort()) {
      const folder = join(root, kind, name)
      const path = join(folder, 'package.json')
      if (existsSync(path))
        found.push({ kind, name, folder, manifest: JSON.parse(readFileSync(path, 'utf8')) as Manifest })
    }
  }
  return found
}
