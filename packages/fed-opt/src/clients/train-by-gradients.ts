import { rowAt, type Rows } from '../rows/rows.js'
import type { Clients, Training, TrainRequest } from './clients.js'

/** Local training written with `gradients`: for clients that have no faster way. */
export function trainByGradients(clients: Pick<Clients, 'gradients'>, request: TrainRequest): Training {
  const { steps, firstBatch, learningRate, momentum = 0, proximal, correction, key } = request
  const count = request.clients.length
  let models = request.models.count === 1 ? request.models.select(new Int32Array(count)) : request.models
  let velocity: Rows | undefined
  const totals = new Float64Array(count)
  const most = Math.max(0, ...Array.from(steps))
  for (let step = 0; step < most; step++) {
    const active = Int32Array.from({ length: count }, (_, i) => i).filter((i) => steps[i]! > step)
    const { gradients, losses } = clients.gradients({
      models,
      clients: active.map((i) => request.clients[i]!),
      rows: active,
      batch: firstBatch + step,
      key: key.foldIn(step),
    })
    active.forEach((i, at) => (totals[i]! += losses[at]!))
    const current = models.select(active)
    let direction = gradients
    if (proximal !== undefined) {
      const anchor = proximal.anchor.count === 1 ? rowAt(proximal.anchor, 0) : proximal.anchor.select(active)
      direction = direction.add(current.add(anchor, -1), proximal.strength)
    }
    if (correction !== undefined) direction = direction.add(correction.select(active))
    if (momentum > 0) {
      velocity ??= models.zeros(count)
      direction = direction.add(velocity.select(active), momentum)
      velocity = scatter(velocity, active, direction)
    }
    models = scatter(models, active, current.add(direction, -learningRate))
  }
  return { models, losses: totals.map((total, i) => (steps[i]! > 0 ? total / steps[i]! : NaN)) }
}

/** `rows` with those at `indices` replaced. */
export function scatter(rows: Rows, indices: ArrayLike<number>, replacement: Rows): Rows {
  const order = Int32Array.from({ length: rows.count }, (_, i) => i)
  Array.from(indices).forEach((index, at) => (order[index] = rows.count + at))
  return rows.concat([replacement]).select(order)
}
