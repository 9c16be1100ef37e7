import type { Backend } from '@lemanic/tensor-core'

/** One thing to time, on any backend and on the peers with the same shapes. */
export interface Bench {
  readonly name: string
  /** What a second of it is measured in. */
  readonly unit: 'GFLOP/s' | 'tokens/s' | 'examples/s' | 'operations/s'
  /** Units of work in one iteration (for GFLOP/s: 10⁹ floating-point operations). */
  readonly work: number
  /** Backends that are too slow to be worth the wait. */
  readonly without?: readonly string[]
  /** Its peak memory is measured too. */
  readonly memory?: boolean
  /** What the peers need to build the same thing; of kind `none` where they cannot. */
  readonly peer: Readonly<Record<string, number | string | boolean>>
  /** Builds it on a backend; the returned function runs one iteration to its end. */
  prepare(backend: Backend): () => void
}

/** Timed rounds of one contestant; of peak memory, one process is a round. */
export interface Measurement {
  readonly bench: string
  readonly backend: string
  readonly unit: string
  readonly median: number
  readonly min: number
  readonly max: number
  readonly rounds: number
  /** Products only: the median as a share of the fused multiply-adds that the same instruction set reached. */
  readonly ofPeak?: number
  /** Peak memory of ours only: what the tensors took at most, in the unit of the measurement. */
  readonly tensors?: number
}

export interface Ratio {
  readonly bench: string
  readonly backend: string
  readonly peer: string
  /** How many times as good ours is, by the medians: above 1, ours is faster, or takes less memory. */
  readonly ratio: number
}

/** The unit of peak memory, the only one of which less is better. */
export const memoryUnit = 'MiB'

export function summarize(bench: string, backend: string, unit: string, values: readonly number[]): Measurement {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length / 2
  const median = sorted.length % 2 === 1 ? sorted[Math.floor(middle)]! : (sorted[middle - 1]! + sorted[middle]!) / 2
  return { bench, backend, unit, median, min: sorted[0]!, max: sorted[sorted.length - 1]!, rounds: sorted.length }
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
          ratio: ours.unit === memoryUnit ? theirs.median / ours.median : ours.median / theirs.median,
        })),
    )
}
