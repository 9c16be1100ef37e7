// Usage: node all-cached.mjs LOG. Exit code 0 when nx says, in the log of a run, that every task came from its cache.
import { readFileSync } from 'node:fs'

const log = readFileSync(process.argv[2], 'utf8')
const hits = /Cache:\s+(\d+)\/(\d+) hit/.exec(log)
const [found, all] = hits === null ? [0, NaN] : [Number(hits[1]), Number(hits[2])]
if (found === all) console.log(`${found} of ${all} tasks came from the cache.`)
else {
  console.error(
    `Expected every task from the cache; nx says ${hits?.[0] ?? 'nothing about its cache'}.\n${log.slice(-3000)}`,
  )
  process.exitCode = 1
}
