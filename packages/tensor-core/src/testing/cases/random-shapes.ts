import type { OperationName, Shape } from '../../backend.js'
import {
  add,
  broadcastTo,
  concat,
  conv2d,
  cumulativeSum,
  divide,
  flip,
  gather,
  linear,
  matmul,
  max,
  maximum,
  multiply,
  pad,
  slice,
  softmax,
  sort,
  sum,
  takeAlongAxis,
  transpose,
  where,
} from '../../operations/index.js'
import { randomKey } from '../../random/key.js'
import { RandomStream } from '../../random/random-stream.js'
import type { Tensor } from '../../tensor.js'
import { shapesText, type Case, type Outputs } from '../case.js'
import { booleans, distinct, integers, normal, uniform, type HostValues } from '../host-values.js'

/** A case drawn at random: inputs, and the call on them with whatever else was drawn. */
interface Draw {
  readonly inputs: readonly HostValues[]
  readonly detail?: string
  readonly compute: (...inputs: Tensor[]) => Outputs
}

const dice = (name: string, i: number): RandomStream => new RandomStream(randomKey(7).foldIn(name).foldIn(i))

/** From low to high, both included. */
const between = (stream: RandomStream, low: number, high: number): number => low + stream.nextBelow(high - low + 1)
const coin = (stream: RandomStream): boolean => stream.nextBelow(2) === 1

/** Mostly small lengths, often 1, sometimes 0 or beyond a vector register. */
function length(stream: RandomStream): number {
  const draw = stream.nextBelow(20)
  return draw === 0 ? 0 : draw < 6 ? 1 : draw < 18 ? between(stream, 2, 6) : between(stream, 7, 37)
}

function shape(stream: RandomStream, lowest = 0, highest = 5): number[] {
  return Array.from({ length: between(stream, lowest, highest) }, () => length(stream))
}

/** A shape that broadcasts to `full`: leading axes missing, others 1. */
function narrowed(stream: RandomStream, full: Shape): number[] {
  return full.slice(between(stream, 0, full.length)).map((size) => (stream.nextBelow(3) === 0 ? 1 : size))
}

function shuffled(stream: RandomStream, count: number): number[] {
  const order = Array.from({ length: count }, (_, i) => i)
  for (let i = count - 1; i > 0; i--) {
    const j = stream.nextBelow(i + 1)
    ;[order[i], order[j]] = [order[j]!, order[i]!]
  }
  return order
}

const pairOf = (stream: RandomStream): [Shape, Shape] => {
  const full = shape(stream)
  return coin(stream) ? [full, narrowed(stream, full)] : [narrowed(stream, full), full]
}

const draws: Partial<Record<OperationName, (stream: RandomStream) => Draw>> = {
  add: (stream) => ({ inputs: pairOf(stream).map((own, i) => normal(own, i + 1)), compute: (a, b) => add(a, b) }),
  multiply: (stream) => ({
    inputs: pairOf(stream).map((own, i) => normal(own, i + 1)),
    compute: (a, b) => multiply(a, b),
  }),
  divide: (stream) => ({
    inputs: pairOf(stream).map((own, i) => uniform(own, 0.5, 3, i + 1)),
    compute: (a, b) => divide(a, b),
  }),
  maximum: (stream) => ({
    inputs: pairOf(stream).map((own, i) => integers(own, -50, 50, i + 1)),
    compute: (a, b) => maximum(a, b),
  }),
  where(stream) {
    const full = shape(stream)
    const [a, b, c] = [narrowed(stream, full), full, narrowed(stream, full)] as const
    return { inputs: [booleans(a), normal(b), normal(c, 2)], compute: (test, yes, no) => where(test, yes, no) }
  },
  sum(stream) {
    const own = shape(stream, 1)
    const axes = own.flatMap((_, axis) => (coin(stream) ? [axis] : []))
    const keepDimensions = coin(stream)
    return { inputs: [normal(own)], detail: `over [${axes}]`, compute: (x) => sum(x, axes, { keepDimensions }) }
  },
  max(stream) {
    const own = shape(stream, 1).map((size) => Math.max(size, 1))
    const axes = own.flatMap((_, axis) => (coin(stream) ? [axis] : []))
    return { inputs: [distinct(own)], detail: `over [${axes}]`, compute: (x) => max(x, axes) }
  },
  cumulativeSum(stream) {
    const own = shape(stream, 1)
    const axis = stream.nextBelow(own.length)
    const options = { exclusive: coin(stream), reverse: coin(stream) }
    return {
      inputs: [normal(own)],
      detail: `axis ${axis} ${JSON.stringify(options)}`,
      compute: (x) => cumulativeSum(x, axis, options),
    }
  },
  sort(stream) {
    const own = shape(stream, 1, 3)
    const axis = stream.nextBelow(own.length)
    const descending = coin(stream)
    return {
      inputs: [distinct(own)],
      detail: `axis ${axis}`,
      compute: (x) => Object.values(sort(x, axis, { descending })),
    }
  },
  transpose(stream) {
    const own = shape(stream, 2)
    const order = shuffled(stream, own.length)
    return { inputs: [normal(own)], detail: `to [${order}]`, compute: (x) => transpose(x, order) }
  },
  broadcastTo(stream) {
    const full = shape(stream, 1)
    return { inputs: [normal(narrowed(stream, full))], detail: `to [${full}]`, compute: (x) => broadcastTo(x, full) }
  },
  slice(stream) {
    const own = shape(stream, 1)
    const ranges = own.map((size) => {
      const begin = between(stream, 0, size)
      return { begin, end: between(stream, begin, size), step: between(stream, 1, 3) }
    })
    return {
      inputs: [normal(own)],
      detail: ranges.map(({ begin, end, step }) => `${begin}:${end}:${step}`).join(','),
      compute: (x) => slice(x, ranges),
    }
  },
  pad(stream) {
    const own = shape(stream, 1, 4)
    const paddings = own.map(() => [stream.nextBelow(3), stream.nextBelow(3)] as const)
    return { inputs: [normal(own)], detail: `by ${JSON.stringify(paddings)}`, compute: (x) => pad(x, paddings, -2) }
  },
  flip(stream) {
    const own = shape(stream, 1)
    const axes = own.flatMap((_, axis) => (coin(stream) ? [axis] : []))
    return { inputs: [normal(own)], detail: `axes [${axes}]`, compute: (x) => flip(x, axes) }
  },
  concat(stream) {
    const own = shape(stream, 1, 4)
    const axis = stream.nextBelow(own.length)
    const parts = Array.from({ length: between(stream, 2, 4) }, (_, i) => normal(own.with(axis, length(stream)), i + 1))
    return { inputs: parts, detail: `axis ${axis}`, compute: (...tensors) => concat(tensors, axis) }
  },
  gather(stream) {
    const own = shape(stream, 1, 4).map((size) => Math.max(size, 1))
    const axis = stream.nextBelow(own.length)
    return {
      inputs: [normal(own), integers(shape(stream, 0, 2), 0, own[axis]!)],
      detail: `axis ${axis}`,
      compute: (x, ids) => gather(x, ids, axis),
    }
  },
  takeAlongAxis(stream) {
    const own = shape(stream, 1, 4).map((size) => Math.max(size, 1))
    const axis = stream.nextBelow(own.length)
    return {
      inputs: [normal(own), integers(own.with(axis, length(stream)), 0, own[axis]!)],
      detail: `axis ${axis}`,
      compute: (x, ids) => takeAlongAxis(x, ids, axis),
    }
  },
  matmul(stream) {
    const [rows, inner, columns] = [length(stream), length(stream), length(stream)]
    const batch = shape(stream, 0, 3)
    const [transposeA, transposeB] = [coin(stream), coin(stream)]
    const [batchA, batchB] = coin(stream) ? [batch, narrowed(stream, batch)] : [narrowed(stream, batch), batch]
    const a = [...batchA, ...(transposeA ? [inner, rows] : [rows, inner])]
    const b = [...batchB, ...(transposeB ? [columns, inner] : [inner, columns])]
    return {
      inputs: [normal(a, 1), normal(b, 2)],
      detail: JSON.stringify({ transposeA, transposeB }),
      compute: (x, y) => matmul(x, y, { transposeA, transposeB }),
    }
  },
  linear(stream) {
    const own = shape(stream, 1, 4)
    const outer = length(stream)
    const bias = coin(stream) ? [normal([outer], 3)] : []
    return { inputs: [normal(own, 1), normal([outer, own.at(-1)!], 2), ...bias], compute: (x, w, b) => linear(x, w, b) }
  },
  softmax(stream) {
    const own = shape(stream, 1, 4)
    const axis = stream.nextBelow(own.length)
    return { inputs: [normal(own, 1, 2)], detail: `axis ${axis}`, compute: (x) => softmax(x, axis) }
  },
  conv2d(stream) {
    const groups = between(stream, 1, 3)
    const [inner, outer] = [between(stream, 1, 3), between(stream, 1, 3) * groups]
    const filter = [between(stream, 1, 3), between(stream, 1, 3), inner, outer]
    const dilations = [between(stream, 1, 2), between(stream, 1, 2)] as const
    const fits = (axis: number): number => (filter[axis]! - 1) * dilations[axis]! + 1 + stream.nextBelow(6)
    const image = [between(stream, 0, 2), fits(0), fits(1), inner * groups]
    const options = {
      groups,
      dilations,
      strides: [between(stream, 1, 3), between(stream, 1, 3)] as const,
      padding: [0, 1, 2, 0].map((most) => stream.nextBelow(most + 1)) as unknown as readonly [
        number,
        number,
        number,
        number,
      ],
    }
    return {
      inputs: [normal(image, 1), normal(filter, 2)],
      detail: JSON.stringify(options),
      compute: (x, f) => conv2d(x, f, options),
    }
  },
}

/** Shapes nobody thought of: `count` seeded draws of each operation that moves through shapes. */
export function randomShapeCases(count: number): Case[] {
  return (Object.keys(draws) as OperationName[]).flatMap((operation) =>
    Array.from({ length: count }, (_, i): Case => {
      const { inputs, detail = '', compute } = draws[operation]!(dice(operation, i))
      return {
        operation,
        name: `${operation}, draw ${i}: ${shapesText(inputs)} ${detail}`.trim(),
        inputs: () => inputs,
        compute: (tensors) => compute(...tensors),
        tolerance: { relative: 1e-5, scaled: 5e-6 },
        smooth: false,
      }
    }),
  )
}
