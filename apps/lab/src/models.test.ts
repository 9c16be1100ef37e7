/** train, generate and convert: the command as users run it, in processes of its own where a kill is part of the test. */
import { type ChildProcess, spawn } from 'node:child_process'
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { runCommandLine } from './command-line.js'

const repository = fileURLToPath(new URL('../../..', import.meta.url))
const published = join(repository, 'packages/transformer/src/checkpoints/fixtures')
const scratch = mkdtempSync(join(tmpdir(), 'lab-models-'))
const data = join(scratch, 'texts')
const patience = 240_000
const tiny = [
  '--width',
  '16',
  '--heads',
  '2',
  '--layers',
  '1',
  '--context',
  '16',
  '--batch',
  '4',
  '--vocabulary',
  '280',
]

beforeAll(() => {
  mkdirSync(join(data, 'deeper'), { recursive: true })
  const words = 'the whale and the sea of which he spoke was no more than a word to us that day'.split(' ')
  const text = (seed: number): string =>
    Array.from({ length: 700 }, (_, i) => words[(i * seed + (i >> 3)) % words.length]).join(' ')
  writeFileSync(join(data, 'one.txt'), text(3))
  writeFileSync(join(data, 'deeper/two.md'), text(5))
  writeFileSync(join(data, 'empty.txt'), ' \n')
})
const children: ChildProcess[] = []
afterAll(() => {
  for (const child of children) child.kill('SIGKILL')
  rmSync(scratch, { recursive: true, force: true })
})

interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** In this process. */
async function run(...words: string[]): Promise<Ended> {
  const written = { stdout: '', stderr: '' }
  const stream = (name: 'stdout' | 'stderr') =>
    new Writable({
      write(chunk: Buffer, _encoding, done) {
        written[name] += chunk.toString()
        done()
      },
    })
  const settings = { stdout: stream('stdout'), stderr: stream('stderr'), environment: { CI: '1' } }
  return { code: await runCommandLine(words, settings), ...written }
}

/** In a process of its own. */
function launch(...words: string[]): { child: ChildProcess; ended: Promise<Ended>; text: () => string } {
  const command = ['--conditions=@lemanic/source', '--import', 'tsx', 'apps/lab/src/main.ts', ...words]
  const child = spawn(process.execPath, command, { cwd: repository })
  children.push(child)
  const written = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const)
    child[name]!.on('data', (chunk: Buffer) => (written[name] += chunk.toString()))
  const ended = new Promise<Ended>((resolve) => child.on('close', (code) => resolve({ code, ...written })))
  return { child, ended, text: () => written.stdout + written.stderr }
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 2))
}

const out = (name: string): string => join(scratch, name)
const modelBytes = (name: string): string => readFileSync(join(out(name), 'model.safetensors')).toString('base64')
const hasCheckpoint = (name: string): boolean =>
  existsSync(join(out(name), 'checkpoints')) &&
  readdirSync(join(out(name), 'checkpoints')).some((entry) => entry.startsWith('step-'))

const looped = [
  '--model',
  'cotformer',
  '--repeats',
  '2',
  '--repeat-norm',
  '--dropout',
  '0.1',
  '--seed',
  '4',
  '--steps',
  '300',
  ...tiny,
]

test(
  'a training that was killed, and one that was stopped, end with the bits of one that never was',
  { timeout: patience },
  async () => {
    const whole = await run('train', '--data', data, '--out', out('whole'), ...looped, '--json')
    expect(whole.stderr).toContain('validation loss')
    expect(whole.code).toBe(0)
    const result = JSON.parse(whole.stdout) as { validationLoss: number; steps: number; trainingLoss: number }
    expect(result.steps).toBe(300)
    expect(result.validationLoss).toBeLessThan(5.6) // log 280 = 5.63: it has learned something

    const words = (name: string, every: string) => [
      'train',
      '--data',
      data,
      '--out',
      out(name),
      ...looped,
      '--save-every',
      every,
      '--json',
    ]
    const killed = launch(...words('killed', '5'))
    await until(() => hasCheckpoint('killed') || killed.child.exitCode !== null)
    killed.child.kill('SIGKILL')
    await killed.ended
    expect(existsSync(join(out('killed'), 'model.json'))).toBe(false)
    const sampled = await run('generate', '--from', out('killed'), '--prompt', 'the', '--tokens', '4')
    expect(sampled.stderr).toMatch(/not finished: this is its checkpoint of step \d+ of 300/)
    expect(sampled.code).toBe(0)
    const resumed = await run(...words('killed', '100'))
    expect(resumed.stderr).toMatch(/going on after step \d+ of 300/)
    expect(JSON.parse(resumed.stdout)).toEqual({ ...result, folder: out('killed') })
    expect(modelBytes('killed')).toBe(modelBytes('whole'))

    const stopped = launch(...words('stopped', '1000')) // it has to write one when it is stopped
    await until(() => stopped.text().includes('step 1/300') || stopped.child.exitCode !== null)
    stopped.child.kill('SIGINT')
    const stop = await stopped.ended
    expect(stop.code).toBe(1)
    expect(stop.stderr).toContain('To go on where it stopped:\n  npm start -- train')
    const command = /npm start -- (train .*)/.exec(stop.stderr)![1]!.split(' ')
    expect((await run(...command)).code).toBe(0)
    expect(modelBytes('stopped')).toBe(modelBytes('whole'))

    const again = await run(...words('stopped', '100'))
    expect(JSON.parse(again.stdout)).toEqual({ ...result, folder: out('stopped'), trainingLoss: null })
  },
)

test('a GPT is trained, writes, goes to a folder of the Hub and comes back', { timeout: patience }, async () => {
  const trained = await run('train', '--data', data, '--out', out('gpt'), ...tiny, '--steps', '30')
  expect(trained.stdout).toContain('2 texts')
  expect(trained.code).toBe(0)
  const words = ['generate', '--prompt', 'the whale', '--tokens', '12', '--seed', '5']
  const here = await run(...words, '--from', out('gpt'))
  expect(here.stdout.length).toBeGreaterThan(3)
  expect(await run(...words, '--from', out('gpt'))).toEqual(here)
  expect((await run(...words.slice(0, -1), '6', '--from', out('gpt'))).stdout).not.toBe(here.stdout)

  const converted = await run('convert', '--from', out('gpt'), '--out', out('hub'))
  expect(converted.stdout).toContain(join(out('hub'), 'tokenizer_config.json'))
  expect(JSON.parse(readFileSync(join(out('hub'), 'config.json'), 'utf8'))).toMatchObject({ model_type: 'gpt2' })
  expect((await run(...words, '--from', out('hub'))).stdout).toBe(here.stdout)
  expect((await run('convert', '--from', out('hub'), '--out', out('back'), '--to', 'lemanic')).code).toBe(0)
  expect(modelBytes('back')).toBe(modelBytes('gpt'))

  const half = await run('convert', '--from', out('gpt'), '--out', out('half'), '--dtype', 'bfloat16', '--json')
  expect(JSON.parse(half.stdout)).toMatchObject({ kind: 'hugging-face', folder: out('half') })
  const size = (name: string): number => readFileSync(join(out(name), 'model.safetensors')).length
  expect(size('half') / size('hub')).toBeLessThan(0.75) // tiny: names and shapes are a good part of it
  expect((await run(...words, '--from', out('half'), '--dtype', 'float16')).code).toBe(0)

  const greedy = await run(
    'generate',
    '--from',
    out('gpt'),
    '--prompt',
    'the sea',
    '--temperature',
    '0',
    '--tokens',
    '8',
    '--json',
  )
  const beams = await run(
    'generate',
    '--from',
    out('gpt'),
    '--prompt',
    'the sea',
    '--beams',
    '1',
    '--tokens',
    '8',
    '--json',
  )
  const textOf = ({ stdout }: Ended): string => (JSON.parse(stdout) as { texts: { text: string }[] }).texts[0]!.text
  expect(textOf(beams)).toBe(textOf(greedy))
  const stopAt = textOf(greedy).slice(3, 5)
  const stopped = await run(
    'generate',
    '--from',
    out('gpt'),
    '--prompt',
    'the sea',
    '--temperature',
    '0',
    '--tokens',
    '8',
    '--stop',
    stopAt,
  )
  expect(stopped.stdout).toBe(`${textOf(greedy).slice(0, textOf(greedy).indexOf(stopAt))}\n`)
  writeFileSync(join(scratch, 'prompt.txt'), 'the sea')
  const filed = await run(
    'generate',
    '--from',
    out('gpt'),
    '--prompt-file',
    join(scratch, 'prompt.txt'),
    '--temperature',
    '0',
    '--tokens',
    '8',
    '--json',
  )
  expect(textOf(filed)).toBe(textOf(greedy))
  const several = await run('generate', '--from', out('gpt'), '--samples', '3', '--tokens', '5', '--json')
  expect((JSON.parse(several.stdout) as { texts: unknown[] }).texts).toHaveLength(3)
})

test('a Llama goes to the Hub as one; a looped stack does not, and why is said', { timeout: patience }, async () => {
  const llama = [
    'train',
    '--data',
    data,
    '--out',
    out('llama'),
    '--model',
    'llama',
    '--dropout',
    '0.1',
    ...tiny,
    '--steps',
    '2',
  ]
  expect((await run(...llama)).code).toBe(0)
  expect((await run('convert', '--from', out('llama'), '--out', out('llama-hub'))).code).toBe(0)
  expect(JSON.parse(readFileSync(join(out('llama-hub'), 'config.json'), 'utf8'))).toMatchObject({ model_type: 'llama' })
  const universal = [
    'train',
    '--data',
    data,
    '--out',
    out('loop'),
    '--model',
    'block-universal',
    ...tiny,
    '--steps',
    '2',
  ]
  expect((await run(...universal)).code).toBe(0)
  const refused = await run('convert', '--from', out('loop'), '--out', out('loop-hub'))
  expect(refused.code).toBe(1)
  expect(refused.stderr).toContain('stack.kind: expected "standard", got "block-universal"')
  expect(existsSync(out('loop-hub'))).toBe(false)
})

test('Ctrl-C ends a text that is being written', { timeout: patience }, async () => {
  expect((await run('train', '--data', data, '--out', out('writer'), ...tiny, '--steps', '2')).code).toBe(0)
  const endless = ['--tokens', '10000000', '--minimum-tokens', '10000000']
  const writing = launch('generate', '--from', out('writer'), '--prompt', 'the', ...endless)
  await until(() => writing.text() !== '' || writing.child.exitCode !== null)
  writing.child.kill('SIGINT')
  const { code, stdout, stderr } = await writing.ended
  expect(stdout).not.toBe('')
  expect(stderr).toBe('\nStopped.\n')
  expect(code).toBe(1)
})

const usage: [string[], RegExp][] = [
  [['train'], /--data: expected a folder with text of your own/],
  [['train', '--data', '.', '--stepz', '3'], /unknown option.*"--stepz"; did you mean "--steps"\?/],
  [['train', '--data', '.', '--steps', 'many'], /--steps: expected a whole number of at least 1, got "many"/],
  [['train', '--data', '.', '--model', 'cotfromer'], /unknown --model: "cotfromer"; did you mean "cotformer"\?/],
  [['train', '--data', '.', '--heads', '3'], /heads: expected a divisor of the width 128|headWidth/],
  [['train', '--data', '.', '--repeats', '3'], /--repeats: expected it with --model block-universal or cotformer/],
  [['train', '--data', '.', '--warmup', '9', '--steps', '9'], /--warmup: expected less than the 9 steps, got 9/],
  [['train', '--data', '.', '--vocabulary', '9'], /--vocabulary: expected at least 257/],
  [['train', '--data', '.', '--dropout', '1'], /--dropout: expected a number from 0 to below 1, got "1"/],
  [['generate'], /--from: expected the folder of a model, got none/],
  [['generate', '--from', '.', '--top-p', '2'], /--top-p: expected a number above 0, at most 1, got "2"/],
  [['generate', '--from', '.', '--beams', '2', '--top-k', '3'], /--top-k: a search with --beams does not take it/],
  [
    ['generate', '--from', '.', '--prompt', 'a', '--prompt-file', 'b'],
    /--prompt-file: expected it without --prompt, got both/,
  ],
  [['generate', '--from', '.', '--length-penalty', '2'], /--length-penalty: expected it with --beams, got none/],
  [['generate', '--from', '.', '--steps', '3'], /unknown option of "generate": "--steps"/],
  [['convert', '--from', published], /--out: expected a folder to write, got none/],
  [['convert', '--from', '.', '--to', 'onnx', '--out', 'x'], /unknown --to: "onnx"/],
  [['convert', '--from', published, '--out', published], /--out: expected another folder than --from/],
]
test.each(usage)('wrong usage ends with 2: %j', async (words, message) => {
  const { code, stderr, stdout } = await run(...words)
  expect(stderr).toMatch(message)
  expect(stderr).not.toMatch(/\n\s+at /)
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
})

const failing = async (message: RegExp, ...words: string[]): Promise<void> => {
  const { code, stderr } = await run(...words)
  expect(stderr).toMatch(message)
  expect(stderr).not.toMatch(/\n\s+at /)
  expect(code).toBe(1)
}

test(
  'text that is missing, empty or too little is named, and leaves nothing behind',
  { timeout: patience },
  async () => {
    const target = out('nothing')
    const train = (folder: string, ...more: string[]) => ['train', '--data', folder, '--out', target, ...tiny, ...more]
    await failing(/nowhere/, ...train(join(scratch, 'nowhere')))
    mkdirSync(join(scratch, 'bare'))
    await failing(/bare: expected files that end in \.txt or \.md/, ...train(join(scratch, 'bare')))
    writeFileSync(join(scratch, 'bare/blank.txt'), '\n\n')
    await failing(/got only empty ones/, ...train(join(scratch, 'bare')))
    writeFileSync(join(scratch, 'bare/latin.txt'), Buffer.from([0x63, 0xe9]))
    await failing(/latin\.txt: expected UTF-8/, ...train(join(scratch, 'bare')))
    rmSync(join(scratch, 'bare/latin.txt'))
    writeFileSync(join(scratch, 'bare/short.txt'), 'too short')
    await failing(
      /expected text for at least one batch of 4 sequences of 16 tokens, got \d+ tokens/,
      ...train(join(scratch, 'bare')),
    )
    await failing(
      /--tokenizer: expected a tokenizer\.json or a folder/,
      ...train(data, '--tokenizer', join(scratch, 'absent.json')),
    )
    rmSync(target, { recursive: true, force: true })
    mkdirSync(target)
    writeFileSync(join(target, 'thesis.txt'), 'mine')
    await failing(/expected an empty folder or one of a training/, ...train(data))
    await failing(/expected an empty folder or one of a training/, ...train(data, '--restart'))
    expect(readdirSync(target)).toEqual(['thesis.txt'])
  },
)

test(
  'other options or texts than those of the training in the folder are listed; --restart replaces it',
  { timeout: patience },
  async () => {
    const train = (...more: string[]) => [
      'train',
      '--data',
      data,
      '--out',
      out('first'),
      ...tiny,
      '--steps',
      '2',
      ...more,
    ]
    expect((await run(...train())).code).toBe(0)
    const before = modelBytes('first')
    await failing(/differs: learningRate was 0\.001, is 0\.1/, ...train('--learning-rate', '0.1'))
    writeFileSync(join(data, 'three.txt'), 'more text')
    await failing(/differs: the texts are others/, ...train())
    rmSync(join(data, 'three.txt'))
    expect(modelBytes('first')).toBe(before)
    expect((await run(...train('--learning-rate', '0.1', '--restart'))).code).toBe(0)
    expect(modelBytes('first')).not.toBe(before)
  },
)

test('models that are missing, cut off or do not fit their tokenizer are named', { timeout: patience }, async () => {
  const words = ['--prompt', 'a', '--tokens', '2']
  await failing(
    /--from: expected the folder of a model, found nothing at .*nowhere/,
    'generate',
    '--from',
    out('nowhere'),
    ...words,
  )
  await failing(/expected a folder with model\.json or config\.json/, 'generate', '--from', data, ...words)
  await failing(/expected tokenizer\.json, found none/, 'generate', '--from', join(published, 'gpt2'), ...words)
  const train = ['train', '--data', data, '--out', out('good'), ...tiny, '--steps', '4', '--save-every', '2']
  expect((await run(...train)).code).toBe(0)
  const copy = (name: string): string => {
    cpSync(out('good'), out(name), { recursive: true })
    return out(name)
  }
  const cut = copy('cut')
  truncateSync(join(cut, 'model.safetensors'), 3000)
  await failing(/model\.safetensors/, 'generate', '--from', cut, ...words)
  const mixed = copy('mixed')
  const tokenizer = JSON.parse(readFileSync(join(mixed, 'tokenizer.json'), 'utf8')) as { added_tokens: object[] }
  tokenizer.added_tokens.push({ ...tokenizer.added_tokens[0], id: 280, content: '<|extra|>' })
  writeFileSync(join(mixed, 'tokenizer.json'), JSON.stringify(tokenizer))
  await failing(
    /tokenizer\.json has ids up to 280, the model knows those below 280/,
    'generate',
    '--from',
    mixed,
    ...words,
  )
  await failing(/tokenizer\.json has ids up to 280/, 'convert', '--from', mixed, '--out', out('never'))
  const long = Array.from({ length: 60 }, () => 'whale').join(' ')
  await failing(
    /prompt: expected 1 to contextLength = 16 token ids, got \d+/,
    'generate',
    '--from',
    out('good'),
    '--prompt',
    long,
  )
  await failing(
    /--prompt-file: expected a text file, got .*absent\.txt/,
    'generate',
    '--from',
    out('good'),
    '--prompt-file',
    join(scratch, 'absent.txt'),
  )
  await failing(/no chat format/, 'generate', '--from', out('good'), '--prompt', 'a', '--chat')

  // the newest checkpoint is damaged: the one before serves, and says so
  const damaged = copy('damaged')
  for (const name of ['model.json', 'model.safetensors']) rmSync(join(damaged, name))
  truncateSync(join(damaged, 'checkpoints/step-00000004/parameters.safetensors'), 100)
  const earlier = await run('generate', '--from', damaged, ...words)
  expect(earlier.stderr).toMatch(/step-00000004 is damaged and was passed over/)
  expect(earlier.stderr).toMatch(/checkpoint of step 2 of 4/)
  truncateSync(join(damaged, 'checkpoints/step-00000002/parameters.safetensors'), 100)
  await failing(/damaged/, 'generate', '--from', damaged, ...words)
  await failing(/holds a model already \(model\.json\)/, 'convert', '--from', out('good'), '--out', cut)
})
