import { join } from 'node:path'
import { EvalError } from '../errors.js'
import { nearestWord } from '../nearest-word.js'
import { findPreset } from '../study/collect-results.js'
import { type AnyStudy, seedsOfPreset } from '../study/define-study.js'
import { fingerprint } from './fingerprint.js'
import { openRunStore } from './run-store.js'
import type { RunStudyOptions } from './run-study.js'

/** Options that say what is run, not how. */
export type PlanOptions = Omit<RunStudyOptions, 'worker' | 'clock' | 'signal'>

/** Checks the options and works out arms, seeds and store. */
export function planStudy(study: AnyStudy, options: PlanOptions) {
  const preset = findPreset(study, options.preset)
  const known = [
    'preset',
    'out',
    'environment',
    'code',
    'worker',
    'clock',
    'seeds',
    'dataOrder',
    'shard',
    'signal',
    'budgetSeconds',
    'command',
  ]
  for (const name of Object.keys(options)) {
    if (known.includes(name)) continue
    const nearest = nearestWord(name, known)
    throw new EvalError(
      'invalid-option',
      `runStudy: unknown option \`${name}\`${nearest ? `; did you mean \`${nearest}\`?` : ''}.`,
      { name },
    )
  }
  const { environment, budgetSeconds } = options
  if (budgetSeconds !== undefined && !(budgetSeconds > 0)) {
    throw new EvalError('invalid-option', `runStudy: expected \`budgetSeconds\` above 0, got ${budgetSeconds}.`, {
      budgetSeconds,
    })
  }
  checkDataOrder(study, options.dataOrder)
  const seeds = chooseSeeds(seedsOfPreset(preset), options.seeds)
  const arms = preset.arms ?? Object.keys(study.arms)
  const store = openRunStore({
    directory: join(options.out, study.name, options.preset),
    identity: {
      study: study.name,
      options: preset.options,
      backend: environment.backend,
      ...(options.dataOrder === undefined ? {} : { dataOrder: options.dataOrder }),
    },
    code: options.code,
  })
  const budgetKey =
    budgetSeconds === undefined
      ? undefined
      : fingerprint({ budgetSeconds, seeds, arms, options: preset.options, code: options.code })
  return { store, environment, seeds, arms, armSeeds: preset.armSeeds ?? {}, budgetKey }
}

function checkDataOrder(study: AnyStudy, name: string | undefined): void {
  if (name === undefined || study.dataOrders?.includes(name)) return
  if (study.dataOrders === undefined) {
    throw new EvalError(
      'invalid-option',
      `runStudy: study '${study.name}' does not let its data order be chosen; leave \`dataOrder\` (--order) out.`,
      { study: study.name, dataOrder: name },
    )
  }
  const nearest = nearestWord(name, study.dataOrders)
  throw new EvalError(
    'invalid-option',
    `runStudy: expected \`dataOrder\` to be one of ${study.dataOrders.join(', ')}, got '${name}'${nearest ? `; did you mean '${nearest}'?` : ''}.`,
    { study: study.name, dataOrder: name, dataOrders: study.dataOrders },
  )
}

function chooseSeeds(own: readonly number[], wanted: number | readonly number[] | undefined): readonly number[] {
  if (wanted === undefined) return own
  if (typeof wanted !== 'number') {
    if (wanted.length > 0 && wanted.every(Number.isInteger) && new Set(wanted).size === wanted.length) return wanted
    throw new EvalError(
      'invalid-option',
      `runStudy: expected \`seeds\` to be different whole numbers, got [${wanted.join(', ')}].`,
      { seeds: wanted },
    )
  }
  if (!Number.isInteger(wanted) || wanted < 1) {
    throw new EvalError(
      'invalid-option',
      `runStudy: expected \`seeds\` to be a whole number of at least 1, got ${wanted}.`,
      { seeds: wanted },
    )
  }
  const seeds = own.slice(0, wanted)
  for (let seed = Math.max(...own) + 1; seeds.length < wanted; seed++) seeds.push(seed)
  return seeds
}
