import { createHash } from 'node:crypto'
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { canonicalJson } from '@lemanic/eval/node'
import { armName, type Cell, type ProblemName } from './arms.js'
import type { LaserOptions } from './options.js'
import type { TrainedCell } from './train-cell.js'
import { tunedRates } from './tuned-rates.js'

/** Rates are 10^(exponent / 2) for whole exponents. */
export const rateOf = (exponent: number): number => 10 ** (exponent / 2)
const [lowest, highest] = [-14, 3]

/** Score of a rate at which training did not converge. */
const failed = 1e9

export interface Tuning {
  readonly exponent: number
  /** Score to be minimised of each exponent tried. */
  readonly tried: readonly (readonly [exponent: number, score: number])[]
}

/**
 * Where the climb starts: on the dense problems the exponent follows log₁₀ of the power, from a base, for the best rate of a
 * noisy scheme falls with its power; it never starts above the cap. Elsewhere it is the base. Taken from a first, partial
 * run of the study, in which a single start for all powers left trials exhausted at the edge.
 */
const caps = { noiseless: -3, noisy: -4 }
const bases: Readonly<
  Record<ProblemName, { readonly plain: number; readonly compressed: number; readonly sign: number }>
> = {
  linear: { plain: -7, compressed: -6, sign: -7 },
  mlp: { plain: -7.5, compressed: -5.5, sign: -7 },
  cnn: { plain: -6.5, compressed: -5.5, sign: -7 },
  gpt: { plain: -5, compressed: -5, sign: -7 },
}

/** The first exponent tried for a cell. */
export function startOf({ problem, method, power }: Cell): number {
  const { plain, compressed, sign } = bases[problem]
  if (method === 'noiseless') return problem === 'gpt' ? plain : caps.noiseless
  if (method === 'signum') return sign
  const base = method === 'zsgd' || method === 'sketch' ? plain : compressed
  return problem === 'gpt' ? base : Math.min(caps.noisy, Math.round(base + Math.log10(power)))
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
export function identityOf(cell: Cell, options: LaserOptions): string {
  const { problems, retune: _, ...rest } = options
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
 * processes find it. A power schedule takes the rate of the constant power. What `tuned-rates.ts` holds was tuned before,
 * on the same data and with the same options; `retune` does not look there.
 */
export async function tunedRate(
  cell: Cell,
  options: LaserOptions,
  folder: string | undefined,
  train: (cell: Cell, exponent: number) => Promise<TrainedCell>,
): Promise<Tuning> {
  const own: Cell = { ...cell, schedule: 'constant' }
  const identity = identityOf(own, options)
  const known = options.retune === true ? undefined : tunedRates[identity]
  if (known !== undefined) return known
  const path = folder === undefined ? undefined : join(folder, `${identity}.json`)
  if (path !== undefined) {
    const kept = await readFile(path, 'utf8').catch(() => undefined)
    if (kept !== undefined) return JSON.parse(kept) as Tuning
  }
  const tuning = await climb(startOf(cell), options.trials, async (exponent) => scoreOf(await train(own, exponent)))
  if (folder !== undefined && path !== undefined) {
    await mkdir(folder, { recursive: true })
    const fresh = `${path}.${process.pid}`
    await writeFile(fresh, JSON.stringify({ arm: armName(own), ...tuning }))
    await rename(fresh, path)
  }
  return tuning
}
