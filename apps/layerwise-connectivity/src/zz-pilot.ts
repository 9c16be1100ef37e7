import { createBackend, randomKey, randomPermutation, scope, mean, notEqual, argMax, cast, reshape, tile, tensor, keep, dispose } from '@lemanic/tensor-core'
import { stagedEvaluator, modelPair, measureConnectivity, entryBarrier, matchWeights, barrierAt } from '@lemanic/fed-opt'
import { loadPictures, pick } from './data/pictures.ts'
import { perceptron } from './networks/perceptron.ts'
import { trainStack, stackedLoss } from './train-pair.ts'
import { appendFileSync } from 'node:fs'
const log = (s: string) => { console.log(s) }
await createBackend({ backend: 'native', threads: 1 })
const cacheFolder = '/tmp/w/wt/connect/.cache/studies'
const [set, depth, width, lr, epochs, same, seeds, n] = process.argv.slice(2)
const { pictures } = await loadPictures(set as any, { cacheFolder })
for (let seed = 0; seed < Number(seeds); seed++) {
  const key = randomKey(seed)
  const N = Number(n)
  const chosen = randomPermutation(key.foldIn('train'), pictures.train.count).subarray(0, 2 * N)
  const tr = pick(pictures.train, chosen)
  const te = pick(pictures.test, randomPermutation(key.foldIn('test'), pictures.test.count).subarray(0, 2000))
  const net = perceptron({ pixels: 784, depth: Number(depth), width: Number(width), rectify: true })
  const start = [0, 1].map((i) => keep(scope(() => net.init(key.foldIn('init').foldIn(same === '1' ? 0 : i)))))
  const t0 = performance.now()
  const models = await trainStack({ network: net, start, data: { pictures: tr.pictures, labels: tr.labels, count: N }, key: key.foldIn('order'),
    training: { batchSize: 64, epochs: Number(epochs), learningRate: Number(lr), warmupSteps: 100, momentum: 0.9, weightDecay: 5e-4, loss: 'cross-entropy' } })
  const t1 = performance.now()
  const evalr = stagedEvaluator({ stages: net.stages, batches: [{ input: te.pictures, target: te.labels, examples: 2000 }],
    measure: (out, y) => { const m = out.shape[0]!; const labels = tile(y, [m]); return {
      loss: stackedLoss('cross-entropy', out, labels),
      error: mean(reshape(cast(notEqual(reshape(argMax(out, -1), [m * 2000]), labels), 'float32'), [m, 2000]), 1) } } })
  const pair = modelPair(models[0]!, models[1]!)
  const rec = measureConnectivity(evalr, pair, { windows: [3], random: { key: key.foldIn('r'), draws: 3 } })
  const t2 = performance.now()
  const pc = (x: number) => (100 * x).toFixed(1)
  const m = matchWeights(models[0]!, models[1]!, { spec: net.permutations, key })
  const pm = modelPair(models[0]!, m.params)
  const matched = measureConnectivity(evalr, pm, {})
  const t3 = performance.now()
  log(`${process.argv.slice(2).join(' ')} seed ${seed} err ${pc(rec.endpoints.a.error!)} ${pc(rec.endpoints.b.error!)} full ${pc(entryBarrier(rec.full, 'error'))} lossfull ${entryBarrier(rec.full, 'loss').toFixed(2)} layers [${rec.singles.map((e) => pc(barrierAt(e.a!, 'error')) + '/' + pc(barrierAt(e.b!, 'error'))).join(' ')}] sum ${pc(rec.singles.reduce((s, e) => s + entryBarrier(e, 'error'), 0))} w3 [${rec.windows['3']!.map((e) => pc(entryBarrier(e, 'error'))).join(' ')}] rnd [${rec.random.map((r) => pc((r.points[0]!.vsBase.error! + r.points[1]!.vsBase.error!) / 2)).join(' ')}] matched ${pc(entryBarrier(matched.full, 'error'))} | train ${((t1 - t0) / 1000).toFixed(1)}s scan ${((t2 - t1) / 1000).toFixed(1)}s match ${((t3 - t2) / 1000).toFixed(1)}s`)
}
