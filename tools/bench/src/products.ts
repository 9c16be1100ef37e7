import { dispose, linear, matmul, randomKey, randomNormal, add, type Tensor } from '@lemanic/tensor-core'
import type { Bench } from './bench.js'

interface Sides {
  readonly transposeA?: boolean
  readonly transposeB?: boolean
  /** Products of one call; default 1, of matrices without a batch axis. */
  readonly batch?: number
}

/** a [m, k] · b [k, n] with either side given transposed. */
function product(m: number, k: number, n: number, sides: Sides = {}): Bench {
  const { transposeA = false, transposeB = false, batch = 1 } = sides
  const flop = 2 * m * k * n * batch
  const mark = (flag: boolean): string => (flag ? 'ᵀ' : '')
  const many = batch === 1 ? '' : ` × ${batch}`
  return {
    name: `matmul ${m}×${k}${mark(transposeA)} · ${k}×${n}${mark(transposeB)}${many}`,
    unit: 'GFLOP/s',
    work: flop / 1e9,
    without: flop > 1e8 ? ['cpu'] : [],
    peer: { kind: 'matmul', m, k, n, transposeA, transposeB, batch },
    prepare(backend) {
      const outer = batch === 1 ? [] : [batch]
      const a = randomNormal(randomKey(1), [...outer, ...(transposeA ? [k, m] : [m, k])], { backend })
      const b = randomNormal(randomKey(2), [...outer, ...(transposeB ? [n, k] : [k, n])], { backend })
      return () => matmul(a, b, { transposeA, transposeB }).dispose()
    },
  }
}

/**
 * Square products; the shapes of a training step with 1,024 tokens of width 64 and of one of width 384: forward, and both
 * gradients; scores of 32 attention heads, and their gradients.
 */
export const products: readonly Bench[] = [
  ...[64, 128, 256, 512, 1024, 2048].map((n) => product(n, n, n)),
  product(1024, 64, 256, { transposeB: true }),
  product(1024, 256, 64),
  product(256, 1024, 64, { transposeA: true }),
  product(2048, 384, 1536, { transposeB: true }),
  product(1536, 2048, 384, { transposeA: true }),
  product(128, 64, 128, { transposeB: true, batch: 32 }),
  product(128, 128, 64, { batch: 32 }),
  product(128, 128, 64, { transposeA: true, batch: 32 }),
]

function overhead(name: string, kind: string, build: (x: Tensor, w: Tensor) => Tensor): Bench {
  return {
    name,
    unit: 'operations/s',
    work: 1,
    peer: { kind },
    prepare(backend) {
      const x = randomNormal(randomKey(1), [16], { backend })
      const w = randomNormal(randomKey(2), [16, 16], { backend })
      return () => dispose(build(x, w))
    },
  }
}

/** What an operation costs when its arithmetic costs nothing. */
export const overheads: readonly Bench[] = [
  overhead('add of 16 numbers', 'add16', (x) => add(x, x)),
  overhead('linear 16 → 16 of one row', 'linear16', (x, w) => linear(x, w)),
]
