import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { repositoryRoot } from '../workspaces.js'
import { describeFailure, run } from './run.js'

/** The smallest file that passes for what each system loads: the packages of other machines are packed with it. */
const hollows: Readonly<Record<string, Buffer>> = {
  linux: Buffer.from('7f454c46', 'hex'),
  darwin: Buffer.from('cffaedfe', 'hex'),
  win32: hollowWindowsBinary(),
}
const names = ['linux-x64', 'linux-arm64', 'darwin-arm64', 'darwin-x64', 'win32-x64']
const here = `${process.platform}-${process.arch}`
const packageOf = (name: string): string => `@lemanic/tensor-native-${name}`

/** Headers of a 64-bit Windows binary that has no sections and imports nothing. */
function hollowWindowsBinary(): Buffer {
  const header = 0x40
  const binary = Buffer.alloc(0x200)
  binary.write('MZ')
  binary.writeUInt32LE(header, 0x3c)
  binary.write('PE', header)
  binary.writeUInt16LE(0xf0, header + 20) // bytes of the optional header
  binary.writeUInt16LE(0x20b, header + 24) // PE32+
  return binary
}

/** Platform packages as tarballs by name, and whether the one of this machine holds its real engine. */
export interface PlatformTarballs {
  readonly tarballs: Readonly<Record<string, string>>
  readonly hasEngine: boolean
  readonly problems: readonly string[]
}

/** Makes and packs the platform packages: this machine's from the engine built in the repository, the others hollow. */
export async function packPlatforms(scratch: string): Promise<PlatformTarballs> {
  const folder = join(scratch, 'platforms')
  mkdirSync(folder, { recursive: true })
  const engine = join(repositoryRoot, 'packages/tensor-native/build', here, 'lemanic.node')
  const hasEngine = names.includes(here) && existsSync(engine)
  const tarballs: Record<string, string> = {}
  const problems: string[] = []
  for (const name of names) {
    const hollow = join(folder, `${name}.node`)
    writeFileSync(hollow, hollows[name.split('-')[0]!]!)
    const made = await run(
      process.execPath,
      [
        join(repositoryRoot, 'tools/pack/platform-package.mjs'),
        ...['--out', folder, '--platform', name, '--binary', hasEngine && name === here ? engine : hollow],
      ],
      { cwd: folder },
    )
    const packed = await run('npm', ['pack', '--silent', '--pack-destination', folder], {
      cwd: made.code === 0 ? made.stdout.trim() : folder,
    })
    if (made.code !== 0) problems.push(describeFailure(`making ${packageOf(name)}`, made))
    else if (packed.code !== 0) problems.push(describeFailure(`npm pack ${packageOf(name)}`, packed))
    else tarballs[packageOf(name)] = join(folder, packed.stdout.trim().split('\n').at(-1)!)
  }
  return { tarballs, hasEngine, problems }
}

const chosen = `import { createBackend } from '@lemanic/tensor-core'
import { nativeLoadError } from '@lemanic/tensor-native'
console.log((await createBackend()).name, nativeLoadError()?.message ?? '')
`

/**
 * In a project where all is installed: npm took the package of this machine and no other, the engine in it is the one
 * that is used, and without it the error names the package while WebAssembly serves.
 */
export async function platformProblems(project: string, { hasEngine }: PlatformTarballs): Promise<string[]> {
  const scope = join(project, 'node_modules/@lemanic')
  const installed = readdirSync(scope).filter((name) => name.startsWith('tensor-native-'))
  const wanted = names.includes(here) ? [`tensor-native-${here}`] : []
  if (installed.join() !== wanted.join()) {
    return [`npm installed [${installed.join(', ')}] on ${here}, expected [${wanted.join(', ')}]`]
  }
  const program = join(project, 'chosen.mjs')
  writeFileSync(program, chosen)
  const problems: string[] = []
  const expect = async (title: string, pattern: RegExp): Promise<void> => {
    const outcome = await run(process.execPath, [program], { cwd: project, env: { PATH: process.env.PATH } })
    if (outcome.code !== 0) problems.push(describeFailure(title, outcome))
    else if (!pattern.test(outcome.stdout))
      problems.push(`${title}: expected ${String(pattern)}, got ${outcome.stdout}`)
  }
  if (!hasEngine) console.log(`without the native engine in a package: it is not built here`)
  else await expect('the engine of the platform package', /^native *$/m)
  if (wanted.length === 1) {
    rmSync(join(scope, wanted[0]!), { recursive: true })
    await expect('without platform package', new RegExp(`^wasm .*install @lemanic/tensor-native-${here} `, 'm'))
  }
  return problems
}
