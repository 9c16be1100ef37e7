import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import type { Bench } from './bench.js'
import type { Contestant } from './contestants.js'
import { timeRound } from './time-round.js'

/** What is used of `@tensorflow/tfjs`; no package of this repository depends on it. */
interface TfTensor {
  dataSync(): Float32Array
  dispose(): void
}
interface Tf {
  readonly version: Readonly<Record<string, string>>
  readonly train: {
    sgd(learningRate: number): {
      minimize(loss: () => TfTensor, returnCost: true, variables: readonly TfTensor[]): TfTensor
      dispose(): void
    }
  }
  setBackend(name: string): Promise<boolean>
  ready(): Promise<void>
  variable(value: TfTensor): TfTensor
  randomNormal(shape: readonly number[], mean?: number, deviation?: number): TfTensor
  tensor1d(values: readonly number[], dtype: 'int32'): TfTensor
  oneHot(indices: TfTensor, depth: number): TfTensor
  matMul(a: TfTensor, b: TfTensor, transposeA?: boolean, transposeB?: boolean): TfTensor
  add(a: TfTensor, b: TfTensor): TfTensor
  sub(a: TfTensor, b: TfTensor): TfTensor
  mul(a: TfTensor, b: TfTensor): TfTensor
  relu(x: TfTensor): TfTensor
  sum(x: TfTensor, axis?: number): TfTensor
  mean(x: TfTensor): TfTensor
  logSumExp(x: TfTensor, axis: number): TfTensor
}

interface Prepared {
  iterate(): void
  dispose(): void
}

type Numbers = Readonly<Record<string, number>>

/** The perceptron with TensorFlow.js's own optimizer, in the layout of its dense layers. */
function perceptron(tf: Tf, { inputs, hidden, outputs, batch }: Numbers): Prepared {
  const weights = (shape: readonly number[]): TfTensor => tf.variable(tf.randomNormal(shape, 0, 0.05))
  const variables = [weights([inputs!, hidden!]), weights([hidden!]), weights([hidden!, outputs!]), weights([outputs!])]
  const [w1, b1, w2, b2] = variables as [TfTensor, TfTensor, TfTensor, TfTensor]
  const x = tf.randomNormal([batch!, inputs!])
  const labels = Array.from({ length: batch! }, (_, i) => i % outputs!)
  const y = tf.oneHot(tf.tensor1d(labels, 'int32'), outputs!)
  const optimizer = tf.train.sgd(0.1)
  const loss = (): TfTensor => {
    const activations = tf.relu(tf.add(tf.matMul(x, w1), b1))
    const logits = tf.add(tf.matMul(activations, w2), b2)
    return tf.mean(tf.sub(tf.logSumExp(logits, 1), tf.sum(tf.mul(logits, y), 1)))
  }
  return {
    iterate() {
      const cost = optimizer.minimize(loss, true, variables)
      cost.dataSync()
      cost.dispose()
    },
    dispose() {
      for (const value of [...variables, x, y]) value.dispose()
      optimizer.dispose()
    },
  }
}

function product(tf: Tf, { m, k, n, batch }: Numbers, transposeA: boolean, transposeB: boolean): Prepared {
  const outer = batch === 1 ? [] : [batch!]
  const a = tf.randomNormal([...outer, ...(transposeA ? [k!, m!] : [m!, k!])])
  const b = tf.randomNormal([...outer, ...(transposeB ? [n!, k!] : [k!, n!])])
  return {
    iterate: () => tf.matMul(a, b, transposeA, transposeB).dispose(),
    dispose() {
      a.dispose()
      b.dispose()
    },
  }
}

/** What its WebAssembly backend can run: it has no gradient of a convolution's filter, nor of an embedding. */
function prepare(tf: Tf, { peer }: Bench): Prepared | undefined {
  if (peer['kind'] === 'mlp') return perceptron(tf, peer as Numbers)
  if (peer['kind'] === 'matmul') {
    return product(tf, peer as Numbers, peer['transposeA'] === true, peer['transposeB'] === true)
  }
  return undefined
}

/**
 * The WebAssembly backend of TensorFlow.js as a contestant, from a folder in which `npm install @tensorflow/tfjs
 * @tensorflow/tfjs-backend-wasm` was run; undefined where it is not. It has SIMD, and in Node.js no threads.
 */
export async function startTfjs(folder: string, note: (text: string) => void): Promise<Contestant | undefined> {
  const require = createRequire(join(folder, 'package.json'))
  let tf: Tf
  try {
    const entry = require.resolve('@tensorflow/tfjs-backend-wasm')
    tf = require('@tensorflow/tfjs') as Tf
    const { setWasmPaths } = require(entry) as { setWasmPaths(path: string): void }
    setWasmPaths(`${dirname(entry)}/`)
    if (!(await tf.setBackend('wasm'))) throw new Error('its backend wasm did not start')
    await tf.ready()
  } catch (error) {
    const [reason] = (error instanceof Error ? error.message : String(error)).split('\n')
    note(`without TensorFlow.js (${reason}): set LEMANIC_TFJS to a folder with @tensorflow/tfjs and -backend-wasm`)
    return undefined
  }
  let running: { bench: Bench; prepared: Prepared | undefined } | undefined
  const forget = (): void => {
    running?.prepared?.dispose()
    running = undefined
  }
  return {
    name: `tfjs-wasm ${tf.version['tfjs-core'] ?? ''}`.trimEnd(),
    time(bench) {
      if (running?.bench !== bench) {
        forget()
        running = { bench, prepared: prepare(tf, bench) }
      }
      const { prepared } = running
      return Promise.resolve(prepared === undefined ? undefined : timeRound(prepared.iterate))
    },
    forget,
    stop: forget,
  }
}
