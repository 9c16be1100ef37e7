import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { isDeepStrictEqual } from 'node:util'
import { join, relative } from 'node:path'
import { repositoryRoot, readWorkspaces, type Workspace } from './workspaces.js'

const FILES = [
  'README.md',
  'CHANGELOG.md',
  'package.json',
  'tsup.config.ts',
  'tsconfig.json',
  'vitest.config.ts',
  'src/index.ts',
]
const README_SECTIONS = ['Install', 'Example', 'Concepts', 'API', 'Papers', 'Limits']
const SCRIPTS = { build: 'tsup', test: 'vitest run', typecheck: 'tsc --noEmit', lint: 'eslint .' }
const PACK_SCRIPTS = {
  prepack: 'node ../../tools/pack/manifest.mjs strip',
  postpack: 'node ../../tools/pack/manifest.mjs restore',
}
const MAXIMUM_LINES = 500
const EXACT_VERSION = /^(npm:[^@]+@|npm:@[^@]+@)?\d+\.\d+\.\d+(-[\w.]+)?$/

/** Everything in which a package or app differs from the shape that all of them share; empty when nothing does. */
export function shapeProblems(root: string = repositoryRoot): string[] {
  const workspaces = readWorkspaces(root)
  const versions = new Map(workspaces.map(({ manifest }) => [manifest.name, manifest.version]))
  return workspaces.flatMap((workspace) => {
    const place = `${workspace.kind}/${workspace.name}`
    return [
      ...FILES.filter((file) => !existsSync(join(workspace.folder, file))).map((file) => `${file} is missing`),
      ...manifestProblems(workspace, place),
      ...dependencyProblems(workspace, versions),
      ...(workspace.kind === 'packages' ? readmeProblems(workspace) : []),
      ...longFiles(workspace),
    ].map((problem) => `${place}: ${problem}`)
  })
}

function manifestProblems({ kind, name, manifest }: Workspace, place: string): string[] {
  const isPackage = kind === 'packages'
  const expected: Record<string, unknown> = {
    name: isPackage ? `@lemanic/${name}` : `@lemanic/app-${name}`,
    license: 'MIT',
    type: 'module',
    sideEffects: false,
    engines: { node: '>=20.19' },
    private: isPackage ? undefined : true,
    publishConfig: isPackage ? { access: 'public', provenance: true } : undefined,
  }
  const problems = Object.entries(expected)
    .filter(([field, value]) => !isDeepStrictEqual(manifest[field as keyof typeof manifest], value))
    .map(([field, value]) => `package.json "${field}" must be ${JSON.stringify(value) ?? 'absent'}`)
  if (!manifest.description) problems.push('package.json has no "description"')
  if (manifest.repository?.directory !== place) problems.push(`package.json "repository.directory" must be "${place}"`)
  for (const [script, command] of Object.entries(isPackage ? { ...SCRIPTS, ...PACK_SCRIPTS } : SCRIPTS)) {
    if (manifest.scripts?.[script] !== command) problems.push(`package.json script "${script}" must be "${command}"`)
  }
  for (const script of ['preinstall', 'install', 'postinstall', 'prepare']) {
    if (manifest.scripts?.[script] !== undefined) problems.push(`package.json must have no "${script}" script`)
  }
  if (manifest.nx?.tags?.length !== 1) problems.push('package.json "nx.tags" must hold one tag for the boundary rule')
  for (const file of ['dist', 'README.md', 'CHANGELOG.md', 'LICENSE']) {
    if (!manifest.files?.includes(file)) problems.push(`package.json "files" must list "${file}"`)
  }
  return [...problems, ...exportProblems(manifest.exports ?? {})]
}

function exportProblems(exports: Readonly<Record<string, unknown>>): string[] {
  const problems: string[] = []
  if (exports['.'] === undefined) problems.push('package.json "exports" has no "."')
  for (const [subpath, target] of Object.entries(exports)) {
    if (typeof target === 'string') continue // a data file such as ./package.json
    const source = (target as Record<string, unknown>)['@lemanic/source']
    const stem = typeof source === 'string' ? /^\.\/src\/(.+)\.ts$/.exec(source)?.[1] : undefined
    const wanted = {
      '@lemanic/source': `./src/${stem}.ts`,
      import: { types: `./dist/${stem}.d.ts`, default: `./dist/${stem}.js` },
      require: { types: `./dist/${stem}.d.cts`, default: `./dist/${stem}.cjs` },
    }
    if (
      stem === undefined ||
      !isDeepStrictEqual(target, wanted) ||
      Object.keys(target as object)[0] !== '@lemanic/source'
    ) {
      problems.push(
        `package.json "exports" ["${subpath}"] must hold @lemanic/source, import and require, each with its types`,
      )
    }
  }
  return problems
}

function dependencyProblems({ manifest }: Workspace, versions: ReadonlyMap<string, string>): string[] {
  const problems: string[] = []
  for (const field of ['dependencies', 'devDependencies', 'optionalDependencies'] as const) {
    for (const [name, version] of Object.entries(manifest[field] ?? {})) {
      const own = versions.get(name)
      if (own !== undefined && own !== version) problems.push(`${field} "${name}" must be "${own}", is "${version}"`)
      if (!EXACT_VERSION.test(version)) problems.push(`${field} "${name}" must be an exact version, is "${version}"`)
    }
  }
  for (const name of Object.keys(manifest.peerDependencies ?? {})) {
    if (manifest.peerDependenciesMeta?.[name]?.optional !== true)
      problems.push(`peer dependency "${name}" must be optional`)
  }
  return problems
}

function readmeProblems({ folder }: Workspace): string[] {
  const path = join(folder, 'README.md')
  if (!existsSync(path)) return []
  const headings = new Set([...readFileSync(path, 'utf8').matchAll(/^## (.+)$/gm)].map((match) => match[1].trim()))
  return README_SECTIONS.filter((section) => !headings.has(section)).map(
    (section) => `README.md has no section "## ${section}"`,
  )
}

function longFiles({ folder }: Workspace): string[] {
  const source = join(folder, 'src')
  if (!existsSync(source)) return []
  return readdirSync(source, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.(ts|mts|mjs|cc|cpp|h)$/.test(entry.name))
    .flatMap((entry) => {
      const path = join(entry.parentPath, entry.name)
      const lines = readFileSync(path, 'utf8').split('\n').length - 1
      return lines > MAXIMUM_LINES ? [`${relative(folder, path)} has ${lines} lines; split it at ${MAXIMUM_LINES}`] : []
    })
}
