// LASER: linear compression over a noisy channel (half a power iteration a step).
//
// M_k message of worker k [n, m]    P, Q  left and right factor, alike everywhere    r  rank    t  counts half iterations
//
//   t even:  B = orthonormalise(P);  out_k = M_kᵀ B        t odd:  B = orthonormalise(Q);  out_k = M_k B
//   all out_k, and tensors that are too small to compress, go through the channel as one payload
//   out = what the channel makes of mean_k out_k;  received G = B outᵀ (t even), out Bᵀ (t odd)
//   P, Q ← B, out (the warm start keeps the noisy mean);  worker k has sent B out_kᵀ, without the noise
//
// B is orthonormal, so the noise in G has the energy of the noise on r·m (or r·n) numbers rather than on n·m.
//
// Source: Makkuva, Bondaschi, Vogels, Jaggi, Kim, Gastpar, "LASER: Linear Compression in Wireless Distributed
// Optimization", ICML 2024 (arXiv 2310.13033), algorithm 1 as in the authors' code; several rounds a step as in
// Vogels, Karimireddy, Jaggi, "PowerSGD", NeurIPS 2019 (arXiv 1905.13727) and its later code: each round works on what the
// earlier ones left.
// Deviations: columns of zeros in a factor are drawn anew (they would stay zero); `form: 'two-sided'` is PowerSGD's step
// over the channel, with half of the power for each factor.

import { add, mapParams, reshape, subtract, type Params, type Tensor } from '@lemanic/tensor-core'
import type { Compressor, ExchangeContext } from '../compressor.js'
import { columnPayload, columnsJoined } from '../low-rank/column-payload.js'
import { drawFactors, groupFactors, matricesOf, membersOf, project, restore, type Side } from '../low-rank/factors.js'
import { planMatrices, type MatrixPlan } from '../low-rank/matrix-plan.js'
import { lowRankOptions, readLowRankOptions, type LowRankOptions } from '../low-rank/options.js'
import { orthonormalBasis } from '../low-rank/orthonormal-basis.js'
import { twoSided } from '../low-rank/two-sided.js'
import { checkChoice } from '../refuse.js'
import { shapesOf } from '../shapes.js'

export interface LaserOptions extends LowRankOptions {
  /** `half-step` sends one factor a step, left and right in turn; `two-sided` both. Default `half-step`. */
  readonly form?: 'half-step' | 'two-sided'
  /** What is given power by itself on an analog channel: a whole factor, or each of its columns. Default `factor`. */
  readonly powerPer?: 'factor' | 'column'
}

/**
 * Low-rank compression by warm-started power iteration, made for noisy channels. Biased: use it with `errorFeedback`.
 * State: `left.*` and `right.*` [tensors of one shape, rows or columns, rank].
 */
export function laser(options: LaserOptions): Compressor {
  const read = readLowRankOptions('laser', options, [...lowRankOptions, 'form', 'powerPer'])
  const { form = 'half-step', powerPer = 'factor' } = options
  checkChoice('laser', 'form', form, ['half-step', 'two-sided'])
  checkChoice('laser', 'powerPer', powerPer, ['factor', 'column'])
  if (form === 'two-sided') return twoSided(`laser, two-sided, rank ${read.rank}`, 'laser', read, powerPer)

  const { rank, iterations, warmStart, orthogonalization, key } = read
  const planOf = (shapes: Readonly<Record<string, readonly number[]>>): MatrixPlan =>
    planMatrices(shapes, { where: 'laser', ...read, factors: 0.5 * iterations })
  const sides = (count: number): [basis: Side, other: Side] => (count % 2 === 0 ? ['left', 'right'] : ['right', 'left'])
  return {
    name: `laser, rank ${rank}`,
    properties: { linear: iterations === 1, unbiased: false, needsErrorFeedback: true, allReducible: true },
    init(params) {
      const { groups } = planOf(mapShapes(params))
      const backend = Object.values(params)[0]?.backend
      const tensors = warmStart
        ? { ...drawFactors(groups, 'left', key, backend), ...drawFactors(groups, 'right', key, backend) }
        : {}
      return { json: { halfSteps: 0 }, tensors }
    },
    async exchange(messages, context: ExchangeContext) {
      const { link, run, time } = context
      const { groups, whole } = planOf(shapesOf(messages))
      const backend = Object.values(messages)[0]?.backend
      const { halfSteps } = context.state.json as { halfSteps: number }
      let factors: Params = context.state.tensors
      let left: Params = run(() => matricesOf(groups, messages)) // M_k, less what has been sent
      let received: Params | undefined
      const rounds: { side: Side; bases: Params; own: Params }[] = []
      let untouched: Params = {}
      for (let round = 0; round < iterations; round++) {
        const [side, other] = sides(halfSteps + round)
        const roundKey = context.key.foldIn(round)
        const stacked = run(() => {
          const start = warmStart ? factors : drawFactors(groups, side, roundKey.foldIn('start'), backend)
          return time('orthogonalization', () =>
            Object.fromEntries(
              groups.map((group) => {
                const name = `${side}.${group.key}`
                return [name, orthonormalBasis(start[name], orthogonalization, roundKey.foldIn(group.key))]
              }),
            ),
          )
        })
        const bases = run(() =>
          Object.assign({}, ...groups.map((group) => membersOf(group, stacked[`${side}.${group.key}`]))),
        ) as Params
        const own = run(() => mapParams(bases, (basis, name) => project(left[name], basis, side)))
        const payload = run(() => (powerPer === 'column' ? columnPayload(own) : own))
        const sentWhole = round > 0 ? {} : Object.fromEntries(whole.map((name) => [name, messages[name]]))
        const answer = await link.mean({ ...payload, ...sentWhole }, { share: 1 / iterations })
        const mean = run(() => (powerPer === 'column' ? columnsJoined(answer, own) : answer))
        if (round === 0) untouched = Object.fromEntries(whole.map((name) => [name, answer[name]]))
        received = run(() =>
          mapParams(bases, (basis, name) => {
            const part = restore(basis, mean[name], side)
            return received === undefined ? part : add(received[name], part)
          }),
        )
        if (warmStart) factors = { ...factors, ...stacked, ...run(() => groupFactors(groups, other, mean)) }
        rounds.push({ side, bases, own })
        if (round + 1 < iterations)
          left = run(() => mapParams(left, (value, name) => subtract(value, restore(bases[name], own[name], side))))
      }
      const matrices = received as Params
      return {
        received: run(() =>
          mapParams(messages, (value, name) => reshape(matrices[name] ?? untouched[name], value.shape.slice(1))),
        ),
        sent: () =>
          mapParams(messages, (value, name) => {
            if (matrices[name] === undefined) return value
            const parts = rounds.map(({ side, bases, own }) => restore(bases[name], own[name], side))
            return reshape(
              parts.reduce((total: Tensor, part: Tensor) => add(total, part)),
              value.shape,
            )
          }),
        state: { json: { halfSteps: halfSteps + iterations }, tensors: factors },
      }
    },
  }
}

const mapShapes = (params: Params): Record<string, readonly number[]> =>
  Object.fromEntries(Object.entries(params).map(([name, { shape }]) => [name, shape]))
