import { createHash } from 'node:crypto'
import { readFileSync, readdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, relative, sep } from 'node:path'

// Which sources can change the numbers of a run: those of the study and of every package of ours that it needs, without
// tests, without what only draws (a study's src/report), and without @lemanic/eval, which judges runs but makes none.

interface Manifest {
  readonly name: string
  readonly version: string
  readonly dependencies?: Readonly<Record<string, string>>
}

/** The package itself and the packages of this repository that it needs, with their versions, in order of names. */
export function packageClosure(packageName: string, from: string): { name: string; version: string; folder: string }[] {
  const found = new Map<string, { name: string; version: string; folder: string }>()
  const visit = (name: string, origin: string): void => {
    if (found.has(name)) return
    const path = createRequire(origin).resolve(`${name}/package.json`)
    const manifest = JSON.parse(readFileSync(path, 'utf8')) as Manifest
    found.set(name, { name, version: manifest.version, folder: dirname(path) })
    for (const dependency of Object.keys(manifest.dependencies ?? {})) {
      if (dependency.startsWith('@lemanic/')) visit(dependency, path)
    }
  }
  visit(packageName, from)
  return [...found.values()].sort((left, right) => (left.name < right.name ? -1 : 1))
}

/**
 * A hash of all sources that can change what a run of this study measures; `from` is a file or URL that can import it.
 *
 * Runs made by other sources are never mixed in; a commit would not do, since work that is not committed changes runs
 * and a commit to a README does not.
 */
export function sourceFingerprint(packageName: string, from: string): string {
  const hash = createHash('sha256')
  for (const { name, folder } of packageClosure(packageName, from)) {
    if (name === '@lemanic/eval') continue
    for (const path of sourceFiles(join(folder, 'src'))) {
      hash
        .update(`${name}/${relative(folder, path).split(sep).join('/')}\0`)
        .update(readFileSync(path))
        .update('\0')
    }
  }
  return hash.digest('hex').slice(0, 16)
}

function sourceFiles(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && /\.(ts|cc|h|wasm)$/.test(entry.name) && !/\.test\.ts$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => !/(^|\/)(report|fixtures|testing)\//.test(relative(folder, path).split(sep).join('/')))
    .sort()
}
