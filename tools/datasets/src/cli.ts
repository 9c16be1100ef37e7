import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { bytesOf, fileCountOf } from './data-set.js'
import { DatasetError } from './dataset-error.js'
import { fetchDataset } from './fetch-dataset.js'
import { describeSource } from './fetched-data-set.js'
import { manifest } from './manifest.js'

const usage = `usage: npm start -w @lemanic/datasets -- list [--json]
       npm start -w @lemanic/datasets -- fetch NAME... [--cache DIR] [--offline] [--data DIR]

  list         the data sets, with source, size and licence
  fetch        brings data sets into the cache and prints where they lie; "all" stands for every name
  --cache DIR  where they are kept (default: .cache/datasets)
  --data DIR   checks a folder of yours that holds the files instead
  --offline    only looks into the cache`

// npm runs this in the folder of the package; paths are meant from where the user is.
const here = process.env['INIT_CWD'] ?? process.cwd()

async function main(args: readonly string[]): Promise<number> {
  const { values, positionals } = parse(args)
  const [verb, ...names] = positionals
  if (values.help === true) {
    console.log(usage)
    return 0
  }
  if (verb === 'list' && names.length === 0) {
    if (values.json === true)
      console.log(JSON.stringify(manifest, (_, value: unknown) => (value instanceof RegExp ? value.source : value), 2))
    else
      for (const entry of manifest)
        console.log(
          `${entry.name.padEnd(14)} ${size(bytesOf(entry)).padStart(8)}  ${entry.title}\n${' '.repeat(25)}${describeSource(entry)}; ${entry.licence}`,
        )
    return 0
  }
  if (verb !== 'fetch' || names.length === 0) {
    console.error(usage)
    return 2
  }
  const wanted = names.length === 1 && names[0] === 'all' ? manifest.map(({ name }) => name) : names
  let failures = 0
  for (const name of wanted) {
    try {
      const dataSet = await fetchDataset(name, {
        cache: resolve(here, values.cache),
        folder: values.data === undefined ? undefined : resolve(here, values.data),
        offline: values.offline === true,
        onFetch: (message) => console.error(message),
      })
      const entry = manifest.find((candidate) => candidate.name === name)!
      const first = dataSet.path(dataSet.files[0]!)
      console.log(
        `${name}: ${dataSet.files.length} of ${fileCountOf(entry)} files, ${size(dataSet.card.bytes)}, from ${dataSet.from}, for example ${first}`,
      )
    } catch (error) {
      if (!(error instanceof DatasetError)) throw error
      console.error(error.message)
      if (error.code === 'unknown-data-set') return 2
      failures++
    }
  }
  return failures > 0 ? 1 : 0
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        cache: { type: 'string', default: '.cache/datasets' },
        data: { type: 'string' },
        offline: { type: 'boolean' },
        json: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    })
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${usage}`)
    process.exit(2)
  }
}

function size(bytes: number): string {
  return bytes < 1e6 ? `${(bytes / 1e3).toFixed(0)} kB` : `${(bytes / 1e6).toFixed(1)} MB`
}

process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1)) // as in: list | head
process.exitCode = await main(process.argv.slice(2))
