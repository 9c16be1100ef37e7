// What `npm pack` and `npm publish` change in a package folder, and put back afterwards:
// the packed package.json has no `@lemanic/source` condition (its targets are not in the tarball) and no development
// fields, that of the engine names the platform packages as optional dependencies (the repository builds its own engine
// and must not ask for versions that are not published yet), and the licence lies beside it. Usage, in a package folder: node ../../tools/pack/manifest.mjs strip|restore
import { copyFileSync, existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { enginePackage, platformPackage, platforms } from './platforms.mjs'

const SOURCE_CONDITION = '@lemanic/source'

/** The manifest as it is published: same fields, without the source condition, nx settings, scripts and dev dependencies. */
export function publishedManifest(manifest) {
  const withoutSource = (value) =>
    typeof value === 'object' && value !== null
      ? Object.fromEntries(
          Object.entries(value)
            .filter(([key]) => key !== SOURCE_CONDITION)
            .map(([key, inner]) => [key, withoutSource(inner)]),
        )
      : value
  const { scripts: _scripts, nx: _nx, devDependencies: _devDependencies, ...published } = manifest
  return {
    ...published,
    exports: withoutSource(manifest.exports),
    ...(manifest.name === enginePackage ? { optionalDependencies: platformDependencies(manifest.version) } : {}),
  }
}

/** Every platform package in exactly this version: engine and binary are one release. */
function platformDependencies(version) {
  return Object.fromEntries(platforms.map(({ name }) => [platformPackage(name), version]))
}

function strip(folder, licence) {
  const path = join(folder, 'package.json')
  const backup = `${path}.source`
  if (existsSync(backup)) renameSync(backup, path) // an earlier pack was interrupted
  const text = readFileSync(path, 'utf8')
  writeFileSync(backup, text)
  writeFileSync(path, `${JSON.stringify(publishedManifest(JSON.parse(text)), null, 2)}\n`)
  copyFileSync(licence, join(folder, 'LICENSE'))
}

function restore(folder) {
  const path = join(folder, 'package.json')
  if (existsSync(`${path}.source`)) renameSync(`${path}.source`, path)
  rmSync(join(folder, 'LICENSE'), { force: true })
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const licence = join(dirname(fileURLToPath(import.meta.url)), '../../LICENSE')
  const verb = process.argv[2]
  if (verb === 'strip') strip(process.cwd(), licence)
  else if (verb === 'restore') restore(process.cwd())
  else {
    console.error(`manifest.mjs: expected "strip" or "restore", got ${JSON.stringify(verb ?? null)}.`)
    process.exitCode = 2
  }
}
