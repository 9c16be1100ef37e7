import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Workspace } from '../workspaces.js'

// Loaded before the package: notes which of our own files read the environment while they are imported.
const PRELOAD = `
'use strict'
const real = process.env
const reads = new Set()
process.env = new Proxy(real, {
  get(target, key) {
    // The reader itself: Node's own files also read the environment while they load ours.
    const reader = new Error().stack.split('\\n')[2] ?? ''
    if (typeof key === 'string' && reader.includes('@lemanic')) reads.add(key)
    return target[key]
  },
})
process.on('exit', () => {
  if (reads.size === 0) return
  process.stderr.write('importing read the environment: ' + [...reads].join(', ') + '\\n')
  process.exitCode = 1
})
`

/** A program that imports one public entry and does nothing else. */
export interface ImportProgram {
  readonly title: string
  readonly path: string
  readonly preload: string
}

/** Writes, for every public entry, one program that imports it and one that requires it. */
export function writeImports(workspaces: readonly Workspace[], project: string): ImportProgram[] {
  const folder = join(project, 'imports')
  mkdirSync(folder, { recursive: true })
  const preload = join(folder, 'preload.cjs')
  writeFileSync(preload, PRELOAD)
  return workspaces.flatMap(({ name, manifest }) =>
    Object.entries(manifest.exports ?? {})
      .filter(([, target]) => typeof target === 'object')
      .flatMap(([subpath]) => {
        const specifier = JSON.stringify(manifest.name + subpath.slice(1))
        const stem = join(folder, `${name}${subpath === '.' ? '' : `-${subpath.slice(2).replaceAll('/', '-')}`}`)
        writeFileSync(`${stem}.mjs`, `import ${specifier}\n`)
        writeFileSync(`${stem}.cjs`, `require(${specifier})\n`)
        return [
          { title: `import ${specifier}`, path: `${stem}.mjs`, preload },
          { title: `require(${specifier})`, path: `${stem}.cjs`, preload },
        ]
      }),
  )
}
