// PowerSGD's step: both factors in one step.
//
//   Q ← orthonormalise(Q);  P_k = M_k Q;  P = mean_k P_k;  B = orthonormalise(P)
//   Q_k = M_kᵀ B;  Q = mean_k Q_k;  received G = B Qᵀ;  worker k has sent B Q_kᵀ
//
// Source: Vogels, Karimireddy, Jaggi, "PowerSGD", NeurIPS 2019 (arXiv 1905.13727), algorithm 1.
// Deviations: Q is orthonormalised at the start (the paper does not), which changes nothing but rounding and, on a noisy
// channel, the balance of the columns; PyTorch's hook does the same.

import { add, mapParams, reshape, subtract, type Params } from '@lemanic/tensor-core'
import type { Compressor } from '../compressor.js'
import { shapesOf } from '../shapes.js'
import { columnPayload, columnsJoined } from './column-payload.js'
import { drawFactors, groupFactors, matricesOf, membersOf, project, restore } from './factors.js'
import { planMatrices, type MatrixPlan } from './matrix-plan.js'
import type { LowRankOptions } from './options.js'
import { orthonormalBasis } from './orthonormal-basis.js'

export function twoSided(
  name: string,
  where: string,
  options: Required<LowRankOptions>,
  powerPer: 'factor' | 'column' = 'factor',
): Compressor {
  const { iterations, warmStart, orthogonalization, key } = options
  const planOf = (shapes: Readonly<Record<string, readonly number[]>>): MatrixPlan =>
    planMatrices(shapes, { where, ...options, factors: iterations })
  const share = 1 / (2 * iterations)
  return {
    name,
    properties: { linear: false, unbiased: false, needsErrorFeedback: true, allReducible: true },
    init(params) {
      const shapes = Object.fromEntries(Object.entries(params).map(([tensor, { shape }]) => [tensor, shape]))
      const backend = Object.values(params)[0]?.backend
      return { json: null, tensors: warmStart ? drawFactors(planOf(shapes).groups, 'right', key, backend) : {} }
    },
    async exchange(messages, context) {
      const { link, run, time } = context
      const { groups, whole } = planOf(shapesOf(messages))
      const backend = Object.values(messages)[0]?.backend
      let right: Params = context.state.tensors
      let left: Params = run(() => matricesOf(groups, messages)) // M_k, less what has been sent
      let received: Params | undefined
      let untouched: Params = {}
      const rounds: { bases: Params; own: Params }[] = []
      for (let round = 0; round < iterations; round++) {
        const roundKey = context.key.foldIn(round)
        const basesOf = (side: 'left' | 'right', factors: Params): Params =>
          Object.assign(
            {},
            ...groups.map((group) => {
              const factor = factors[`${side}.${group.key}`]
              const own = roundKey.foldIn(`${side}.${group.key}`)
              return membersOf(
                group,
                time('orthogonalization', () => orthonormalBasis(factor, orthogonalization, own)),
              )
            }),
          ) as Params
        const send = async (own: Params, other: Params): Promise<Params> => {
          const payload = run(() => (powerPer === 'column' ? columnPayload(own) : own))
          const answer = await link.mean({ ...payload, ...other }, { share })
          return powerPer === 'column' ? { ...answer, ...run(() => columnsJoined(answer, own)) } : answer
        }
        const starts = run(() =>
          basesOf('right', warmStart ? right : drawFactors(groups, 'right', roundKey.foldIn('start'), backend)),
        )
        const projected = run(() => mapParams(starts, (q, tensor) => project(left[tensor], q, 'right'))) // P_k
        const sentWhole = round > 0 ? {} : Object.fromEntries(whole.map((tensor) => [tensor, messages[tensor]]))
        const first = await send(projected, sentWhole)
        if (round === 0) untouched = first
        const bases = run(() => basesOf('left', groupFactors(groups, 'left', first))) // B
        const own = run(() => mapParams(bases, (basis, tensor) => project(left[tensor], basis, 'left'))) // Q_k
        const mean = await send(own, {}) // Q
        received = run(() =>
          mapParams(bases, (basis, tensor) => {
            const part = restore(basis, mean[tensor], 'left')
            return received === undefined ? part : add(received[tensor], part)
          }),
        )
        if (warmStart) right = run(() => groupFactors(groups, 'right', mean))
        rounds.push({ bases, own })
        if (round + 1 < iterations)
          left = run(() =>
            mapParams(left, (value, tensor) => subtract(value, restore(bases[tensor], own[tensor], 'left'))),
          )
      }
      const matrices = received as Params
      return {
        received: run(() =>
          mapParams(messages, (value, tensor) => reshape(matrices[tensor] ?? untouched[tensor], value.shape.slice(1))),
        ),
        sent: () =>
          mapParams(messages, (value, tensor) => {
            if (matrices[tensor] === undefined) return value
            const parts = rounds.map(({ bases, own }) => restore(bases[tensor], own[tensor], 'left'))
            return reshape(
              parts.reduce((total, part) => add(total, part)),
              value.shape,
            )
          }),
        state: { json: null, tensors: right },
      }
    },
  }
}
