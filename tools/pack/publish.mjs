// Publishes what is new, with provenance: first the platform packages of the native engine, then the packages, each
// after those that it needs. Only versions that the registry does not have.
//
//   node tools/pack/publish.mjs --platform-tarballs DIR [--dry-run]
//
// DIR holds a .tgz for every platform, built where it runs (release.yml). --dry-run packs and says what it would publish,
// and asks the registry nothing. Every package is packed first and its tarball published: `npm publish` of a folder
// would tell the registry the package.json of the sources, which postpack has put back by then, and the registry's is
// what npm installs by (optionalDependencies are in the packed one only).
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { enginePackage, platformPackage, platforms } from './platforms.mjs'

const repositoryRoot = join(dirname(fileURLToPath(import.meta.url)), '../..')

function npm(words, options = {}) {
  const outcome = spawnSync('npm', words, {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
    shell: process.platform === 'win32',
    ...options,
  })
  if (outcome.error) throw outcome.error
  return outcome
}

function run(words, options) {
  const { status, stdout } = npm(words, options)
  if (status !== 0) throw new Error(`npm ${words.join(' ')} ended with exit code ${status}`)
  return stdout.trim()
}

const isPublished = (name, version) =>
  npm(['view', `${name}@${version}`, 'version'], { stdio: ['ignore', 'pipe', 'ignore'] }).stdout.trim() === version

/** The package.json inside a tarball. */
function packedManifest(tarball) {
  const { status, stdout } = spawnSync('tar', ['-xzOf', tarball, 'package/package.json'], { encoding: 'utf8' })
  if (status !== 0) throw new Error(`${tarball} holds no package.json`)
  return JSON.parse(stdout)
}

/** Packages of the repository that are published, dependencies before dependents. */
function packagesInOrder() {
  const folders = readdirSync(join(repositoryRoot, 'packages')).map((name) => join(repositoryRoot, 'packages', name))
  const waiting = new Map(
    folders.map((folder) => {
      const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
      return [manifest.name, { folder, manifest }]
    }),
  )
  const ordered = []
  while (waiting.size > 0) {
    const ready = [...waiting].filter(
      ([, { manifest }]) => !Object.keys(manifest.dependencies ?? {}).some((name) => waiting.has(name)),
    )
    if (ready.length === 0)
      throw new Error(`packages depend on each other in a ring: ${[...waiting.keys()].join(', ')}`)
    for (const [name, entry] of ready.sort(([a], [b]) => a.localeCompare(b))) {
      ordered.push(entry)
      waiting.delete(name)
    }
  }
  return ordered.filter(({ manifest }) => manifest.private !== true)
}

/** One tarball for each platform, all in the engine's version. */
function platformTarballs(folder, version) {
  const found = new Map(
    readdirSync(folder, { recursive: true })
      .filter((file) => file.endsWith('.tgz'))
      .map((file) => join(folder, file))
      .map((tarball) => [packedManifest(tarball).name, tarball]),
  )
  return platforms.map(({ name }) => {
    const tarball = found.get(platformPackage(name))
    if (tarball === undefined) throw new Error(`${folder} has no tarball of ${platformPackage(name)}`)
    const packed = packedManifest(tarball)
    if (packed.version !== version) {
      throw new Error(`${tarball} has version ${packed.version}, ${enginePackage} is ${version}`)
    }
    return { name: packed.name, version, tarball }
  })
}

const { values } = parseArgs({
  options: { 'platform-tarballs': { type: 'string' }, 'dry-run': { type: 'boolean', default: false } },
})
const dry = values['dry-run']
const scratch = mkdtempSync(join(tmpdir(), 'lemanic-publish-'))
try {
  const planned = []
  for (const { folder, manifest } of packagesInOrder()) {
    const { name, version } = manifest
    if (!dry && isPublished(name, version)) continue
    if (name === enginePackage) {
      if (values['platform-tarballs'] === undefined) throw new Error('--platform-tarballs DIR is missing')
      for (const entry of platformTarballs(resolve(values['platform-tarballs']), version)) {
        if (dry || !isPublished(entry.name, version)) planned.push(entry)
      }
    }
    const file = run(['pack', '--silent', '--pack-destination', scratch], { cwd: folder }).split('\n').at(-1)
    planned.push({ name, version, tarball: join(scratch, file) })
  }
  for (const { name, version, tarball } of planned) {
    console.log(`${dry ? 'would publish' : 'publishing'} ${name}@${version}`)
    if (!dry) run(['publish', tarball, '--access', 'public', '--provenance'])
  }
  if (planned.length === 0) console.log('nothing to publish')
} catch (error) {
  console.error(`publish.mjs: ${error.message}`)
  process.exitCode = 1
} finally {
  rmSync(scratch, { recursive: true, force: true })
}
