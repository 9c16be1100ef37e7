// Makes the npm package that brings the native engine to one kind of machine, from a binary that was built there:
//
//   node tools/pack/platform-package.mjs --out DIR [--platform linux-x64] [--binary FILE] [--max-glibc 2.28]
//
// writes the folder DIR/tensor-native-<platform>: package.json with the version of tensor-native, README, licence and
// lemanic.node. `npm pack` or `npm publish` take it from there. Nothing in it runs when it is installed.
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import { neededLibraries } from './libraries.mjs'
import { enginePackage, platformPackage, platforms } from './platforms.mjs'

const repositoryRoot = join(dirname(fileURLToPath(import.meta.url)), '../..')

/** First bytes of the formats that these systems load. */
const magic = { linux: ['7f454c46'], darwin: ['cffaedfe', 'cafebabe'], win32: ['4d5a'] }

/** Libraries that are part of every Windows that Node.js runs on. */
const windowsLibraries = /^(kernel32|msvcrt|ucrtbase|api-ms-win-[\w-]+)\.dll$/i

/** The C library that an ELF binary asks for, as `2.34`: the highest version that it names. */
export function neededGlibc(binary) {
  const versions = [...binary.toString('latin1').matchAll(/GLIBC_2\.(\d+)/g)].map(([, minor]) => Number(minor))
  return versions.length === 0 ? undefined : `2.${Math.max(...versions)}`
}

export function platformManifest(engine, { name, os, cpu, libc }) {
  return {
    name: platformPackage(name),
    version: engine.version,
    description: `The native engine of ${enginePackage} for ${name}.`,
    license: engine.license,
    repository: engine.repository,
    engines: engine.engines,
    os: [os],
    cpu: [cpu],
    ...(libc === undefined ? {} : { libc: [libc] }),
    main: './lemanic.node',
    files: ['lemanic.node', 'README.md', 'LICENSE'],
    preferUnplugged: true,
    publishConfig: engine.publishConfig,
  }
}

/** Writes the package's folder below `out` and returns its path; throws when the binary is none for the platform. */
export function writePlatformPackage({ platform, binary, out, root = repositoryRoot, maxGlibc }) {
  const entry = platforms.find(({ name }) => name === platform)
  if (entry === undefined) {
    throw new Error(`unknown platform "${platform}"; expected ${platforms.map(({ name }) => name).join(', ')}`)
  }
  const content = readFileSync(binary)
  if (!magic[entry.os].some((bytes) => content.subarray(0, bytes.length / 2).toString('hex') === bytes)) {
    throw new Error(`${binary} is not a binary for ${entry.os}`)
  }
  const glibc = entry.libc === 'glibc' ? neededGlibc(content) : undefined
  if (maxGlibc !== undefined && glibc !== undefined && Number(glibc.slice(2)) > Number(maxGlibc.slice(2))) {
    throw new Error(`${binary} needs glibc ${glibc}, at most ${maxGlibc} is wanted; build it on an older system`)
  }
  const foreign = entry.os === 'win32' ? neededLibraries(content).filter((name) => !windowsLibraries.test(name)) : []
  if (foreign.length > 0) {
    throw new Error(`${binary} needs ${foreign.join(', ')}, which not every Windows has; link it statically`)
  }
  const engine = JSON.parse(readFileSync(join(root, 'packages/tensor-native/package.json'), 'utf8'))
  const folder = join(out, `tensor-native-${platform}`)
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'package.json'), `${JSON.stringify(platformManifest(engine, entry), null, 2)}\n`)
  writeFileSync(
    join(folder, 'README.md'),
    `# ${platformPackage(platform)}\n\nThe native engine of ${enginePackage} for ${platform}${
      glibc === undefined ? '' : ` with glibc ${glibc} or newer`
    }.\nIt is installed with that package, in the same version; there is nothing to import from it.\n`,
  )
  copyFileSync(join(root, 'LICENSE'), join(folder, 'LICENSE'))
  writeFileSync(join(folder, 'lemanic.node'), content)
  return folder
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const { values } = parseArgs({
    options: {
      out: { type: 'string' },
      platform: { type: 'string', default: `${process.platform}-${process.arch}` },
      binary: { type: 'string' },
      'max-glibc': { type: 'string' },
    },
  })
  const { platform, out } = values
  const binary = values.binary ?? join(repositoryRoot, 'packages/tensor-native/build', platform, 'lemanic.node')
  try {
    if (out === undefined) throw new Error('--out DIR is missing')
    console.log(writePlatformPackage({ platform, binary, out: resolve(out), maxGlibc: values['max-glibc'] }))
  } catch (error) {
    console.error(`platform-package.mjs: ${error.message}`)
    process.exitCode = 1
  }
}
