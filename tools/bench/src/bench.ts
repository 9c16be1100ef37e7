import type { Backend } from '@lemanic/tensor-core'

/** One thing to time, on any backend and on the peer with the same shapes. */
export interface Bench {
  readonly name: string
  /** What a second of it is measured in. */
  readonly unit: 'GFLOP/s' | 'tokens/s' | 'examples/s' | 'operations/s'
  /** Units of work in one iteration (for GFLOP/s: 10⁹ floating-point operations). */
  readonly work: number
  /** Iterations in a timed round. */
  readonly iterations: number
  /** Backends that are too slow to be worth the wait. */
  readonly without?: readonly string[]
  /** What the peer needs to build the same thing. */
  readonly peer: Readonly<Record<string, number | string | boolean>>
  /** Builds it on a backend; the returned function runs one iteration to its end. */
  prepare(backend: Backend): () => void
}

/** Timed rounds of one contestant. */
export interface Measurement {
  readonly bench: string
  readonly backend: string
  readonly unit: string
  readonly median: number
  readonly min: number
  readonly max: number
  readonly rounds: number
}

export interface Ratio {
  readonly bench: string
  readonly backend: string
  readonly peer: string
  /** Median of ours over median of the peer's: above 1, ours is faster. */
  readonly ratio: number
}

export function summarize(bench: Bench, backend: string, seconds: readonly number[]): Measurement {
  const rates = seconds.map((time) => (bench.work * bench.iterations) / time).sort((a, b) => a - b)
  const middle = rates.length / 2
  const median = rates.length % 2 === 1 ? rates[Math.floor(middle)]! : (rates[middle - 1]! + rates[middle]!) / 2
  return {
    bench: bench.name,
    backend,
    unit: bench.unit,
    median,
    min: rates[0]!,
    max: rates[rates.length - 1]!,
    rounds: rates.length,
  }
}

/** Ratios of every backend of ours to every peer, bench by bench. */
export function ratiosOf(results: readonly Measurement[], peers: readonly string[]): Ratio[] {
  return results
    .filter(({ backend }) => !peers.includes(backend))
    .flatMap((ours) =>
      results
        .filter((theirs) => theirs.bench === ours.bench && peers.includes(theirs.backend))
        .map((theirs) => ({
          bench: ours.bench,
          backend: ours.backend,
          peer: theirs.backend,
          ratio: ours.median / theirs.median,
        })),
    )
}
