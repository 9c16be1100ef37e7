import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { EvalError, parseResults, type Results } from '@lemanic/eval'
import { type GalleryStudy, renderGallery, renderReport } from '@lemanic/eval/report'
import { LemanicError } from '@lemanic/tensor-core'
import { type Options, presetNames } from '../options.js'
import type { Terminal } from '../terminal.js'

/** One page of every study below `--out`: `gallery.html`, with each study's report drawn anew beside its results. */
export async function galleryVerb(options: Options, terminal: Terminal): Promise<0 | 1> {
  const found: (GalleryStudy & { path: string })[] = []
  for (const study of await folders(options.out)) {
    // The largest preset that has results stands for its study.
    const presets = presetNames.toReversed()
    for (const preset of presets) {
      const path = join(options.out, study, preset, 'results.json')
      const results = await readResults(path)
      if (results === undefined) continue
      await writeFile(join(options.out, study, preset, 'report.html'), renderReport(results))
      found.push({ results, href: `${study}/${preset}/report.html`, path })
      break
    }
  }
  if (found.length === 0) {
    throw new LemanicError(
      'no-results',
      `Expected results of a study at ${join(options.out, '<study>', '<preset>', 'results.json')}, found none.`,
      {
        fields: { out: options.out },
        help: 'run a study first, for example: npm start',
      },
    )
  }
  const path = join(options.out, 'gallery.html')
  await writeFile(path, renderGallery(found))
  if (options.json)
    terminal.print(
      JSON.stringify({ gallery: path, studies: found.map(({ path: results, href }) => ({ results, href })) }),
    )
  terminal.say(`${found.length} ${found.length === 1 ? 'study' : 'studies'}\ngallery  ${path}`)
  return 0
}

async function folders(path: string): Promise<string[]> {
  const entries = await readdir(path, { withFileTypes: true }).catch(() => [])
  return entries
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort()
}

async function readResults(path: string): Promise<Results | undefined> {
  const text = await readFile(path, 'utf8').catch(() => undefined)
  if (text === undefined) return undefined
  try {
    return parseResults(JSON.parse(text))
  } catch (cause) {
    throw new EvalError('invalid-results', `${path}: ${(cause as Error).message}`, { path }, { cause })
  }
}
