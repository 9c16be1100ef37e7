import { EvalError } from '../errors.js'

/** One run of a study: an arm at a seed. */
export interface PlannedRun {
  readonly arm: string
  readonly seed: number
}

/** Part `index` (from 1) of `count` of the runs of a study, for a job array. */
export interface Shard {
  readonly index: number
  readonly count: number
}

/**
 * The runs of a study, seed by seed with every arm in turn, so that pairs are complete early wherever it stops.
 *
 * With a shard, whole seeds are dealt out as long as there are at least as many seeds as shards, otherwise single
 * runs; `armSeeds` says which arms take only the first few seeds. Either way the shards of one count divide the runs without overlap.
 */
export function planRuns(
  arms: readonly string[],
  seeds: readonly number[],
  shard?: Shard,
  armSeeds: Readonly<Partial<Record<string, number>>> = {},
): PlannedRun[] {
  const runs = seeds.flatMap((seed, seedIndex) =>
    arms.filter((arm) => seedIndex < (armSeeds[arm] ?? seeds.length)).map((arm) => ({ arm, seed, seedIndex })),
  )
  return runs
    .filter((run, index) => {
      if (!shard) return true
      return (seeds.length >= shard.count ? run.seedIndex : index) % shard.count === shard.index - 1
    })
    .map(({ arm, seed }) => ({ arm, seed }))
}

/** Reads a shard written as `i/n` with 1 ≤ i ≤ n; throws `EvalError` otherwise. */
export function parseShard(text: string): Shard {
  const match = /^(\d+)\/(\d+)$/.exec(text.trim())
  const index = Number(match?.[1])
  const count = Number(match?.[2])
  if (match && index >= 1 && index <= count) return { index, count }
  throw new EvalError('invalid-option', `shard: expected i/n with 1 ≤ i ≤ n, for example 3/40, got '${text}'.`, {
    shard: text,
  })
}
