/**
 * Writes small files of real R for the R-data reader of tools/datasets.
 *
 *     mkdir scratch && npm install --prefix scratch --ignore-scripts webr@0.6.0 ws@8
 *     node tools/parity/r-data-golden.mjs scratch
 *
 * webr is R 4.6 compiled to WebAssembly. Writes tools/datasets/src/r-data/fixtures/: the same table
 * packed in each way that R knows, both versions of the format, a lazy-load database for each packing,
 * and one file with the rarer kinds of values. What they hold is spelled out in the tests.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'

const scratch = createRequire(join(resolve(process.argv[2] ?? '.'), 'package.json'))
const { WebR } = await import(pathToFileURL(scratch.resolve('webr')).href)
const target = new URL('../datasets/src/r-data/fixtures/', import.meta.url)
mkdirSync(target, { recursive: true })

const R = new WebR()
await R.init()
await R.evalRVoid(`
  patients <- data.frame(
    id = c(1L, NA, 3L),
    weight = c(61.5, NA, NaN),
    group = factor(c("b", "a", NA), levels = c("b", "a", "unused")),
    town = c("Z\\u00fcrich", NA, "\\u6771\\u4eac"),
    treated = c(TRUE, NA, FALSE),
    seen = as.Date(c("2021-03-04", NA, "1969-12-31")),
    stringsAsFactors = FALSE
  )
  named <- data.frame(x = 1:2, row.names = c("first", "second"))
  latin <- iconv("Gen\\u00e8ve", "UTF-8", "latin1")
  environment_one <- new.env()
  rare <- list(
    nothing = NULL,
    sequence = 1:1000,
    backwards = 5:1,
    real_sequence = seq_len(3) + 0,
    texts = as.character(c(1:3, NA)),
    latin = latin,
    bytes = as.raw(c(0, 127, 255)),
    complex = c(1+2i, NA, -1i),
    nested = list(1L, "two", list(three = 3)),
    pairs = pairlist(a = 1, b = "x"),
    call = quote(f(x, y = 2)),
    symbol = as.name("weight"),
    shared = list(environment_one, environment_one, as.name("weight")),
    matrix = matrix(1:6, nrow = 2, dimnames = list(NULL, c("p", "q", "r"))),
    infinite = c(Inf, -Inf, 0.1),
    formula = y ~ x
  )
  setClass("Point", representation(x = "numeric", y = "numeric"))
  point <- new("Point", x = 1, y = 2)
  sorted <- sort(c(3, 1, 2))
`)
const out = async (name) => writeFileSync(new URL(name, target), await R.FS.readFile(`/tmp/${name}`))

for (const [suffix, compress] of [
  ['gzip', '"gzip"'],
  ['bzip2', '"bzip2"'],
  ['xz', '"xz"'],
  ['plain', 'FALSE'],
]) {
  await R.evalRVoid(`save(patients, named, file = "/tmp/table-${suffix}.rda", compress = ${compress})`)
  await out(`table-${suffix}.rda`)
}
await R.evalRVoid('save(patients, named, file = "/tmp/table-version2.rda", version = 2)')
await out('table-version2.rda')
await R.evalRVoid('save(patients, file = "/tmp/table-text.rda", ascii = TRUE, compress = FALSE)')
await out('table-text.rda')
await R.evalRVoid('save(rare, point, sorted, file = "/tmp/rare.rda")')
await out('rare.rda')
await R.evalRVoid('saveRDS(patients, file = "/tmp/table.rds")')
await out('table.rds')

for (const [suffix, compress] of [
  ['zlib', 'TRUE'],
  ['bzip2', '2'],
  ['xz', '3'],
]) {
  await R.evalRVoid(`
    held <- new.env()
    assign("patients", patients, held)
    assign("words", rep(c("lake", "boat", "net"), 400), held)
    assign("with_environment", structure(list(1), home = environment_one), held)
    tools:::makeLazyLoadDB(held, "/tmp/${suffix}", compress = ${compress})
  `)
  await out(`${suffix}.rdb`)
  await out(`${suffix}.rdx`)
}
console.log(await R.evalRString('R.version.string'))
process.exit(0)
