import { createHash } from 'node:crypto'
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { canonicalJson } from '@lemanic/eval/node'
import type { Cell, MethodName } from './arms.js'
import type { LaserOptions } from './options.js'
import type { TrainedCell } from './train-cell.js'

/** Rates are 10^(exponent / 2) for whole exponents. */
export const rateOf = (exponent: number): number => 10 ** (exponent / 2)
const [lowest, highest] = [-12, 3]

/** Score of a rate at which training did not converge. */
const failed = 1e9

export interface Tuning {
  readonly exponent: number
  /** Score to be minimised of each exponent tried. */
  readonly tried: readonly (readonly [exponent: number, score: number])[]
}

/** Where the climb starts, from the pilot in the study's plan: plain analog schemes want small rates at low power. */
const starts: Readonly<Record<MethodName, number>> = {
  noiseless: -3,
  laser: -4,
  zsgd: -5,
  random: -4,
  sketch: -5,
  signum: -7,
  adsgd: -4,
}

/** What is minimised on the validation data: the share of wrong guesses, then the loss; of text the loss. */
export function scoreOf({ validation, converged }: TrainedCell): number {
  if (!converged) return Infinity
  return validation.accuracy === undefined ? validation.loss : 100 - validation.accuracy + 1e-3 * validation.loss
}

/**
 * Climbs from the start to the better neighbour until both neighbours are worse, or `trials` rates were tried: the edge of
 * what was tried never wins unless trials ran out.
 */
export async function climb(
  start: number,
  trials: number,
  score: (exponent: number) => Promise<number>,
): Promise<Tuning> {
  const tried = new Map<number, number>()
  const ask = async (exponent: number): Promise<number> => {
    if (exponent < lowest || exponent > highest) return Infinity
    const known = tried.get(exponent)
    if (known !== undefined) return known
    if (tried.size >= trials) return Infinity
    const value = await score(exponent)
    tried.set(exponent, value)
    return value
  }
  let best = start
  await ask(start)
  for (;;) {
    const [here, up, down] = [await ask(best), await ask(best + 1), await ask(best - 1)]
    // where nothing converges, smaller steps
    const next =
      here === Infinity && up === Infinity
        ? best - 1
        : up < here && up <= down
          ? best + 1
          : down < here
            ? best - 1
            : best
    if (next === best || (tried.size >= trials && !tried.has(next))) break
    best = next
  }
  return {
    exponent: best,
    tried: [...tried].map(([at, value]) => [at, Math.min(value, failed)] as const).sort(([a], [b]) => a - b),
  }
}

/** A part of the options that decides what a cell does. */
function identityOf(cell: Cell, options: LaserOptions): string {
  const { problems, ...rest } = options
  const text = canonicalJson({
    version: 1,
    cell: { ...cell, power: String(cell.power) },
    sizes: problems[cell.problem],
    ...rest,
  })
  return createHash('sha256').update(text).digest('hex').slice(0, 32)
}

/**
 * The learning rate of a cell: tuned once with the tuning seed, and kept in `folder`, so that the runs of other seeds and
 * processes find it. A power schedule takes the rate of the constant power.
 */
export async function tunedRate(
  cell: Cell,
  options: LaserOptions,
  folder: string | undefined,
  train: (cell: Cell, exponent: number) => Promise<TrainedCell>,
): Promise<Tuning> {
  const own: Cell = { ...cell, schedule: 'constant' }
  const path = folder === undefined ? undefined : join(folder, `${identityOf(own, options)}.json`)
  if (path !== undefined) {
    const known = await readFile(path, 'utf8').catch(() => undefined)
    if (known !== undefined) return JSON.parse(known) as Tuning
  }
  const tuning = await climb(starts[cell.method], options.trials, async (exponent) =>
    scoreOf(await train(own, exponent)),
  )
  if (folder !== undefined && path !== undefined) {
    await mkdir(folder, { recursive: true })
    const fresh = `${path}.${process.pid}`
    await writeFile(fresh, JSON.stringify(tuning))
    await rename(fresh, path)
  }
  return tuning
}
