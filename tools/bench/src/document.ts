// npm run bench:document -- FILE.json… writes the tables of docs/performance.md from what `npm run bench -- --json` wrote.
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { benchTables, type BenchFile } from './tables.js'

const page = fileURLToPath(new URL('../../../docs/performance.md', import.meta.url))
const [start, end] = ['<!-- bench:start -->', '<!-- bench:end -->']

const paths = process.argv.slice(2)
const text = readFileSync(page, 'utf8')
const from = text.indexOf(start)
const to = text.indexOf(end)
if (paths.length === 0 || from < 0 || to < from) {
  console.error(`usage: npm run bench:document -- FILE.json… (docs/performance.md must hold ${start} and ${end})`)
  process.exitCode = 2
} else {
  const files = paths.map((path) => JSON.parse(readFileSync(path, 'utf8')) as BenchFile)
  writeFileSync(page, `${text.slice(0, from + start.length)}\n\n${benchTables(files)}\n\n${text.slice(to)}`)
}
