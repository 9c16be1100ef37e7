import {
  add,
  dispose,
  emptyState,
  inProcessCollectives,
  LemanicError,
  mapParams,
  multiply,
  randomKey,
  RandomStream,
  scope,
  singleProcess,
  slice,
  type Backend,
  type Collectives,
  type Params,
  type Stacked,
  type State,
} from '@lemanic/tensor-core'
import { Arena } from '../arena.js'
import type { Channel } from '../channel/channel.js'
import { gaussianChannel } from '../channel/gaussian-channel.js'
import { noiselessChannel } from '../channel/noiseless-channel.js'
import type { Compressor } from '../compressor.js'
import { openLink } from '../link.js'
import { sampleGradients, sampleParams } from './samples.js'

export interface CompressorContract {
  readonly backend: Backend
  /** Even, at least 2. Default 4. */
  readonly workers?: number
  /** Draws for `unbiased`. Default 400. */
  readonly draws?: number
}

interface Outcome {
  readonly received: Float64Array
  readonly sent: Float64Array
  readonly state: State
}

/**
 * Throws `contract-broken` unless a compressor keeps names and shapes, is linear and unbiased where it says so, makes
 * zero of zero, gives workers spread over two ranks what a simulation of them gives, and, where it says allReducible,
 * gives the same over an analog channel of infinite power; and leaves its inputs unchanged and no tensor alive.
 */
export async function checkCompressor(compressor: Compressor, contract: CompressorContract): Promise<void> {
  const { backend, workers = 4, draws = 400 } = contract
  const fail = (message: string): never => {
    throw new LemanicError('contract-broken', `compressor "${compressor.name}": ${message}`)
  }
  const before = backend.memory().buffers
  const params = sampleParams(1, backend)
  const names = Object.keys(params).join()
  const start = (count: number): State => scope(() => compressor.init?.(params, count) ?? emptyState)
  const digital = noiselessChannel()
  const gradients = sampleGradients(2, workers, backend)
  const text = textOf(gradients)
  const state = start(workers)
  const owned: unknown[] = [params, gradients, state.tensors]
  const go = (messages: Stacked, draw = 0, channel = digital): Promise<Outcome> =>
    exchangeOnce(compressor, { messages, channel, collectives: singleProcess, state, workers, draw, names, fail })

  const first = await go(gradients)
  if (textOf(gradients) !== text) fail('it changed its messages')
  if (distance(first.received, (await go(gradients)).received) > 0) fail('the same key and state give another result')
  if (!first.received.every(Number.isFinite)) fail('the result of finite gradients is not finite')

  const nothing = scope(() => mapParams(gradients, (value) => multiply(value, 0)))
  owned.push(nothing)
  for (const channel of compressor.properties.allReducible ? [digital, gaussianChannel({ power: 1 })] : [digital]) {
    const silence = await go(nothing, 0, channel)
    if ([...silence.received, ...silence.sent].some((value) => value !== 0))
      fail(`zero gradients give something else than zero over the channel "${channel.name}"`)
  }

  if (compressor.properties.linear) {
    const others = sampleGradients(3, workers, backend)
    const sum = scope(() => mapParams(gradients, (value, name) => add(multiply(value, 2), others[name])))
    owned.push(others, sum)
    const [both, other] = [await go(sum), await go(others)]
    const expected = first.received.map((value, i) => 2 * value + other.received[i])
    if (distance(both.received, expected) > 1e-4 * size(expected)) fail('it is declared linear, and is not')
  }
  if (compressor.properties.unbiased) {
    const target = hostOf(gradients)
    // along random directions, in which single rare events weigh little
    const stream = new RandomStream(randomKey(13))
    const directions = Array.from({ length: 24 }, () => target.map(() => (stream.nextWord() & 1 ? 1 : -1)))
    const sums = new Float64Array(directions.length)
    const squares = new Float64Array(directions.length)
    for (let draw = 0; draw < draws; draw++) {
      const { sent } = await go(gradients, draw)
      directions.forEach((direction, i) => {
        const along = direction.reduce((sum, sign, at) => sum + sign * (sent[at] - target[at]), 0)
        sums[i] += along
        squares[i] += along * along
      })
    }
    const slack = 1e-5 * Math.hypot(...target)
    const worst = Math.max(
      ...directions.map((_, i) => {
        const mean = sums[i] / draws
        return Math.abs(mean) / (Math.sqrt(Math.max(0, squares[i] / draws - mean * mean) / draws) + slack)
      }),
    )
    if (worst > 5) fail(`it is declared unbiased; over ${draws} draws the mean is ${worst} deviations off`)
  }
  if (compressor.properties.allReducible) {
    const exact = await go(gradients, 0, gaussianChannel({ power: Infinity }))
    if (compressor.properties.linear && distance(exact.received, first.received) > 0)
      fail('over an analog channel of infinite power the result differs')
    if (!exact.received.every(Number.isFinite)) fail('over an analog channel the result is not finite')
  }

  const ends = inProcessCollectives(2)
  const halves = ends.map((_, rank) =>
    scope(() => mapParams(gradients, (value) => slice(value, [[(rank * workers) / 2, ((rank + 1) * workers) / 2]]))),
  )
  const states = ends.map(() => start(workers / 2))
  owned.push(halves, states)
  const spread = await Promise.all(
    ends.map((collectives, rank) =>
      exchangeOnce(compressor, {
        messages: halves[rank],
        channel: digital,
        collectives,
        state: states[rank],
        workers: workers / 2,
        draw: 0,
        names,
        fail,
      }),
    ),
  )
  if (distance(spread[0].received, spread[1].received) > 0) fail('two ranks receive different things')
  if (distance(spread[0].received, first.received) > 1e-5 * size(first.received))
    fail('workers on two ranks receive something else than in a simulation')

  dispose(owned)
  const left = backend.memory().buffers - before
  if (left > 0) fail(`${left} tensors are left alive`)
}

interface Setting {
  readonly messages: Stacked
  readonly channel: Channel
  readonly collectives: Collectives
  readonly state: State
  readonly workers: number
  readonly draw: number
  readonly names: string
  fail(message: string): never
}

async function exchangeOnce(compressor: Compressor, setting: Setting): Promise<Outcome> {
  const { messages, channel, collectives, state, workers, draw, names, fail } = setting
  const arena = new Arena()
  const { run } = arena
  const key = randomKey(11).foldIn(draw)
  const link = openLink({ channel, collectives, localWorkers: workers, key, step: 0, run })
  try {
    const context = { link, state, key, step: 0, run, time: <Result>(_: string, body: () => Result): Result => body() }
    const result = await compressor.exchange(messages, context)
    const sent = run(() => result.sent())
    if (Object.keys(result.received).join() !== names) fail(`it received ${Object.keys(result.received).join()}`)
    for (const [name, value] of Object.entries(messages)) {
      if (result.received[name].shape.join() !== value.shape.slice(1).join()) fail(`"${name}" changed its shape`)
      if (sent[name].shape.join() !== value.shape.join()) fail(`"${name}" is sent in another shape`)
    }
    if (Object.keys(result.state.tensors).join() !== Object.keys(state.tensors).join())
      fail('its state has other tensors after a step')
    JSON.stringify(link.report())
    return { received: hostOf(result.received), sent: hostOf(sent), state: result.state }
  } finally {
    arena.release()
  }
}

const hostOf = (params: Params): Float64Array =>
  Float64Array.from(Object.values(params).flatMap((value) => [...value.dataSync()].map(Number)))
const textOf = (params: Params): string => hostOf(params).join()
const distance = (a: Float64Array, b: Float64Array): number =>
  Math.max(0, ...a.map((value, i) => Math.abs(value - b[i])))
const size = (a: Float64Array): number => Math.max(1, ...a.map(Math.abs))
