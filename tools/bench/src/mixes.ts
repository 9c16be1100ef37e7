/**
 * Mixes of two networks a second, all barriers of a pair of perceptrons (784 – 64 × 8 – 10, 1000 pictures): one after
 * another by a compiled step, in stacks, and by stages that share what mixes have in common; beside a loop in PyTorch, in
 * alternating rounds of the same run. All four must agree.
 *
 *     LEMANIC_PYTHON=python3 npm --prefix tools/bench run -s mixes [-- --rounds 5 --threads 2]
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import {
  cumulativeSets,
  layerSets,
  mixOf,
  modelPair,
  singleEvaluator,
  stackedEvaluator,
  stackedLinear,
  stagedEvaluator,
  windowSets,
  type Mix,
  type MixEvaluator,
  type Stage,
} from '@lemanic/fed-opt'
import {
  compile,
  linear,
  loadBackend,
  mean,
  multiply,
  randomKey,
  randomNormal,
  relu,
  reshape,
  slice,
  setDefaultBackend,
  softmaxCrossEntropy,
  tensor,
  tile,
  zeros,
  type Params,
  type Tensor,
} from '@lemanic/tensor-core'

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    threads: { type: 'string', default: String(availableParallelism()) },
    json: { type: 'boolean', default: false },
  },
})
const [rounds, threads] = [Number(values.rounds), Number(values.threads)]
const sizes = [784, ...new Array<number>(8).fill(64), 10]
const examples = 1000
const batch = 250
const names = sizes.slice(1).map((_, i) => `layer.${i}`)

setDefaultBackend(await loadBackend('native', { threads }))
const x = randomNormal(randomKey(1), [examples, sizes[0]!])
const labels = Int32Array.from({ length: examples }, (_, i) => i % 10)
const y = tensor(labels)

const network = (seed: number): Params =>
  Object.fromEntries(
    names.flatMap((name, i) => [
      [
        `${name}.weight`,
        multiply(randomNormal(randomKey(seed).foldIn(i), [sizes[i + 1]!, sizes[i]!]), Math.sqrt(2 / sizes[i]!)),
      ],
      [`${name}.bias`, zeros([sizes[i + 1]!])],
    ]),
  )
const pair = modelPair(network(2), network(3))
const sets = [
  ...layerSets(pair),
  ...windowSets(pair, 3),
  ...(['shallow', 'deep', 'outer-first'] as const).flatMap((order) => cumulativeSets(pair, order)),
]
const mixes: Mix[] = sets.flatMap(({ layers }) =>
  (['a', 'b'] as const).flatMap((base) => [0.5, 1].map((alpha) => mixOf(pair, { layers, base, alpha }))),
)

const stages: Stage[] = names.map((name, i) => ({
  keys: [`${name}.weight`, `${name}.bias`],
  apply(params, state) {
    const z = stackedLinear(state, params[`${name}.weight`]!, params[`${name}.bias`]!)
    return i < names.length - 1 ? relu(z) : z
  },
}))
const losses = (logits: Tensor, targets: Tensor = y): { loss: Tensor } => {
  const [models, examples] = logits.shape as [number, number]
  const flat = reshape(logits, [models * examples, 10])
  const rows = softmaxCrossEntropy(flat, tile(targets, [models]), { reduction: 'none' })
  return { loss: mean(reshape(rows, [models, examples]), 1) }
}
const forward = compile((params: Params, input: Tensor) => {
  let state = input
  names.forEach((name, i) => {
    const z = linear(state, params[`${name}.weight`]!, params[`${name}.bias`])
    state = i < names.length - 1 ? relu(z) : z
  })
  return softmaxCrossEntropy(state, y)
})
const evaluators: Record<string, MixEvaluator> = {
  'one by one, compiled': singleEvaluator({ measure: (params) => ({ loss: forward(params, x).item() }) }),
  stacked: stackedEvaluator({
    measure: (params) => losses(stages.reduce((state, { apply }) => apply(params, state), reshape(x, [1, ...x.shape]))),
  }),
  staged: stagedEvaluator({
    stages,
    // batches that stay in the cache from stage to stage
    batches: Array.from({ length: examples / batch }, (_, i) => ({
      input: slice(x, [[i * batch, (i + 1) * batch]]),
      target: slice(y, [[i * batch, (i + 1) * batch]]),
      examples: batch,
    })),
    measure: losses,
    stackSize: 256,
  }),
}

interface Round {
  readonly seconds: number
  readonly losses: readonly number[]
}

const contestants: Record<string, () => Round | undefined> = Object.fromEntries(
  Object.entries(evaluators).map(([name, evaluator]) => [
    name,
    () => {
      evaluator.evaluate(pair, mixes) // untimed: the contestant before left its own memory behind, and threads that spin
      const start = performance.now()
      const found = evaluator.evaluate(pair, mixes)
      return { seconds: (performance.now() - start) / 1000, losses: found.map(({ loss }) => loss!) }
    },
  ]),
)

/** A loop over the same mixes in PyTorch: the state dict is mixed, loaded and evaluated. Undefined without PyTorch. */
const scratch = mkdtempSync(join(tmpdir(), 'lemanic-mixes-'))
const request = join(scratch, 'request.json')
const listed = (params: Params) =>
  Object.fromEntries(
    Object.entries(params).map(([name, value]) => [name, { shape: value.shape, values: [...value.dataSync()] }]),
  )
writeFileSync(
  request,
  JSON.stringify({
    threads,
    a: listed(pair.a),
    b: listed(pair.b),
    x: { shape: x.shape, values: [...x.dataSync()] },
    y: [...labels],
    mixes: mixes.map(({ shares }) => shares),
  }),
)
const script = fileURLToPath(new URL('../mixes.py', import.meta.url))
contestants['PyTorch, one by one'] = () => {
  const answer = spawnSync(process.env.LEMANIC_PYTHON ?? 'python3', [script, request], { encoding: 'utf8' })
  return answer.status === 0 ? (JSON.parse(answer.stdout) as Round) : undefined
}

try {
  const times = new Map<string, number[]>()
  const results = new Map<string, readonly number[]>()
  for (let round = 0; round <= rounds; round++) {
    for (const [name, run] of Object.entries(contestants)) {
      const measured = run()
      if (measured === undefined) continue
      results.set(name, measured.losses)
      // the first round compiles and warms up
      if (round > 0) times.set(name, [...(times.get(name) ?? []), measured.seconds])
    }
  }
  const expected = results.get('one by one, compiled')!
  for (const [name, found] of results) {
    const worst = Math.max(...found.map((loss, i) => Math.abs(loss - expected[i]!) / Math.max(1, expected[i]!)))
    if (!(worst < 1e-3)) throw new Error(`${name}: expected the losses of the loop, got others (by ${worst})`)
  }
  const rows = [...times].map(([name, list]) => {
    const sorted = [...list].sort((p, q) => p - q)
    const median = sorted[Math.floor(sorted.length / 2)]!
    return { name, mixesPerSecond: mixes.length / median, seconds: { median, min: sorted[0]!, max: sorted.at(-1)! } }
  })
  const slow = rows.find(({ name }) => name === 'one by one, compiled')!.mixesPerSecond
  if (values.json) process.stdout.write(`${JSON.stringify({ mixes: mixes.length, threads, rounds, rows })}\n`)
  else {
    process.stdout.write(`${mixes.length} mixes, ${threads} threads, median of ${rounds} rounds\n`)
    for (const { name, mixesPerSecond, seconds } of rows)
      process.stdout.write(
        `${name.padEnd(24)} ${mixesPerSecond.toFixed(0).padStart(6)} mixes/s  ${(1000 * seconds.median).toFixed(0)} ms (${(1000 * seconds.min).toFixed(0)}–${(1000 * seconds.max).toFixed(0)})  ${(mixesPerSecond / slow).toFixed(2)} × the loop\n`,
      )
  }
} finally {
  rmSync(scratch, { recursive: true, force: true })
}
