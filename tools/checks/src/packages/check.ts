import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { missingOutput } from '../../../config/readme-examples.js'
import { readWorkspaces, repositoryRoot } from '../workspaces.js'
import { writeExamples, type ExampleFiles } from './examples.js'
import { writeImports, type ImportProgram } from './imports.js'
import { lintTarball } from './lint.js'
import { nodeBinaries, type NodeBinary } from './nodes.js'
import { packAll, type Packed } from './pack.js'
import { packPlatforms, platformProblems, type PlatformTarballs } from './platforms.js'
import { describeFailure, inParallel, run } from './run.js'

// Enough of the environment for Node, and nothing that a package could feed on.
const quietEnvironment = { PATH: process.env.PATH, HOME: process.env.HOME, TMPDIR: process.env.TMPDIR }

/**
 * Checks the packages as their users get them: packed by npm, linted, installed into a project outside the
 * repository with the engine's platform package, imported (silently), and run through their README examples as ES
 * module, CommonJS and bundle on every supported Node. Needs built packages.
 */
export async function packageProblems(): Promise<string[]> {
  const scratch = mkdtempSync(join(tmpdir(), 'lemanic-packages-'))
  try {
    const workspaces = readWorkspaces().filter(({ kind }) => kind === 'packages')
    const { packed, problems } = await packAll(workspaces, scratch)
    const platforms = await packPlatforms(scratch)
    if (problems.length + platforms.problems.length > 0) return [...problems, ...platforms.problems]
    const linted = (await inParallel(packed, 2, lintTarball)).flat()
    const project = join(scratch, 'project')
    const installed = await install(packed, platforms, project)
    if (installed !== undefined) return [...linted, installed]
    const examples = await writeExamples(workspaces, project)
    const imports = writeImports(workspaces, project)
    const nodes = await nodeBinaries()
    for (const note of nodes.notes) console.log(note)
    const ran = await inParallel(programs(examples, imports, nodes.binaries), 2, (program) => program(project))
    console.log(
      `${packed.length} packages, ${examples.length} README examples in 3 forms and ${imports.length} imports on Node ` +
        nodes.binaries.map(({ version }) => version).join(', '),
    )
    const types = await typeProblems(examples, project)
    return [...linted, ...nodes.problems, ...types, ...ran.flat(), ...(await platformProblems(project, platforms))]
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
}

async function install(
  packed: readonly Packed[],
  { tarballs }: PlatformTarballs,
  project: string,
): Promise<string | undefined> {
  mkdirSync(project)
  const dependencies = Object.fromEntries(
    packed.map(({ workspace, tarball }) => [workspace.manifest.name, `file:${tarball}`]),
  )
  writeFileSync(
    join(project, 'package.json'),
    // the engine asks for its platform packages by version; here they are these
    JSON.stringify({
      name: 'scratch',
      private: true,
      type: 'module',
      dependencies,
      overrides: Object.fromEntries(Object.entries(tarballs).map(([name, tarball]) => [name, `file:${tarball}`])),
    }),
  )
  const outcome = await run('npm', ['install', '--no-audit', '--no-fund', '--prefer-offline'], {
    cwd: project,
    timeout: 300_000,
  })
  return outcome.code === 0 ? undefined : describeFailure('npm install of the tarballs', outcome)
}

type Program = (project: string) => Promise<string[]>

function programs(
  examples: readonly ExampleFiles[],
  imports: readonly ImportProgram[],
  nodes: readonly NodeBinary[],
): Program[] {
  return nodes.flatMap(({ version, path: node }) => [
    ...imports.map(
      (program): Program =>
        async (project) => {
          const outcome = await run(node, ['--require', program.preload, program.path], {
            cwd: project,
            env: quietEnvironment,
            timeout: 30_000,
          })
          const title = `Node ${version}: ${program.title}`
          if (outcome.code !== 0) return [describeFailure(title, outcome)]
          return outcome.stdout + outcome.stderr === ''
            ? []
            : [`${title} prints:\n    ${outcome.stdout}${outcome.stderr}`]
        },
    ),
    ...examples.flatMap(({ title, example, programs: forms }) =>
      forms.map(
        ({ form, path }): Program =>
          async (project) => {
            // a folder of its own: an example may write files, and runs beside itself on other Nodes
            const cwd = mkdtempSync(join(project, 'run-'))
            const outcome = await run(node, [path], { cwd, env: quietEnvironment })
            if (outcome.code !== 0) return [describeFailure(`Node ${version}: ${title} as ${form}`, outcome)]
            const missing = missingOutput(example.expected, outcome.stdout.split('\n'))
            return missing === undefined
              ? []
              : [`Node ${version}: ${title} as ${form} did not print "${missing}" but:\n    ${outcome.stdout}`]
          },
      ),
    ),
  ])
}

/** The examples type-check against the packed declarations, as a strict NodeNext project sees them. */
async function typeProblems(examples: readonly ExampleFiles[], project: string): Promise<string[]> {
  const compilerOptions = {
    strict: true,
    noEmit: true,
    target: 'ES2023',
    lib: ['ES2023', 'ESNext.Disposable', 'DOM'],
    module: 'NodeNext',
    skipLibCheck: true,
    types: ['node'],
    typeRoots: [join(repositoryRoot, 'node_modules/@types')],
  }
  writeFileSync(
    join(project, 'tsconfig.json'),
    JSON.stringify({ compilerOptions, files: examples.map(({ typescript }) => typescript) }),
  )
  const outcome = await run(
    process.execPath,
    [join(repositoryRoot, 'node_modules/typescript/bin/tsc'), '-p', project],
    { cwd: project },
  )
  return outcome.code === 0 ? [] : [describeFailure('types of the README examples', outcome)]
}
