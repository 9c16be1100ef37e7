import type { RandomKey } from '@lemanic/tensor-core'
import { argumentError } from '../refuse.js'
import { scan, type LayerSet, type Scan, type ScanEntry } from './barrier.js'
import { layerDistances, modelDistance, type LayerDistance } from './distances.js'
import type { Measures, MixEvaluator } from './evaluator.js'
import { cumulativeSets, layerSets, windowSets, type LayerOrder } from './layer-sets.js'
import { matchedRandom, type RandomControl } from './matched-random.js'
import type { ModelPair } from './model-pair.js'

/** Everything that is measured between two models at one moment of their training. Plain JSON. */
export interface ConnectivityRecord {
  readonly version: 1
  /** Steps, epochs or rounds of training, as the caller counts. */
  readonly time: number
  readonly layers: readonly string[]
  readonly endpoints: { readonly a: Measures; readonly b: Measures }
  readonly full: ScanEntry
  readonly singles: readonly ScanEntry[]
  readonly distances: { readonly model: Omit<LayerDistance, 'name'>; readonly layers: readonly LayerDistance[] }
  /** By name of the order. */
  readonly cumulative: Readonly<Record<string, readonly ScanEntry[]>>
  /** By width. */
  readonly windows: Readonly<Record<string, readonly ScanEntry[]>>
  readonly groups: readonly ScanEntry[]
  /** One control for each layer, then one for the whole model (`full`). */
  readonly random: readonly RandomControl[]
}

export interface MeasureConnectivityOptions {
  /** Default 0. */
  readonly time?: number
  /** α of the whole model's curve. Default 0, 0.1, …, 1. */
  readonly alphas?: readonly number[]
  /** By name. Default `shallow`, `deep` and `outer-first`. */
  readonly orders?: Readonly<Record<string, LayerOrder>>
  /** Default none. */
  readonly windows?: readonly number[]
  /** Default none. */
  readonly groups?: readonly LayerSet[]
  /** Absent: no controls. */
  readonly random?: { readonly key: RandomKey; readonly draws?: number }
}

const tenths = Array.from({ length: 11 }, (_, i) => i / 10)

/** All scans of a pair: the whole model, single layers, windows, growing sets, groups, and random controls. */
export function measureConnectivity(
  evaluator: MixEvaluator,
  pair: ModelPair,
  options: MeasureConnectivityOptions = {},
): ConnectivityRecord {
  const { time = 0, alphas = tenths, windows = [], groups = [], random } = options
  const orders = options.orders ?? { shallow: 'shallow', deep: 'deep', 'outer-first': 'outer-first' }
  const whole: LayerSet = { name: 'full', layers: pair.layers.map((_, index) => index) }
  // one call for all sets, so that an evaluator may share work between them
  const parts = {
    singles: layerSets(pair),
    groups,
    ...Object.fromEntries(windows.map((width) => [`window ${width}`, windowSets(pair, width)])),
    ...Object.fromEntries(
      Object.entries(orders).map(([name, order]) => [`order ${name}`, cumulativeSets(pair, order)]),
    ),
  }
  const { endpoints, entries } = scan(evaluator, pair, Object.values(parts).flat())
  const full = scan(evaluator, pair, [whole], { alphas: withMiddle(alphas) }).entries[0]!
  let at = 0
  const taken = Object.fromEntries(
    Object.entries(parts).map(([name, sets]): [string, Scan['entries']] => {
      at += sets.length
      return [name, entries.slice(at - sets.length, at)]
    }),
  )
  return {
    version: 1,
    time,
    layers: pair.layers.map(({ name }) => name),
    endpoints,
    full,
    singles: taken.singles!,
    distances: { model: modelDistance(pair), layers: layerDistances(pair) },
    cumulative: Object.fromEntries(Object.keys(orders).map((name) => [name, taken[`order ${name}`]!])),
    windows: Object.fromEntries(windows.map((width) => [String(width), taken[`window ${width}`]!])),
    groups: taken.groups!,
    random:
      random === undefined ? [] : matchedRandom(evaluator, pair, { ...random, sets: [...layerSets(pair), whole] }),
  }
}

function withMiddle(alphas: readonly number[]): number[] {
  return [...new Set([...alphas, 0.5])]
}

/** A record as text. Numbers that are not finite become the words NaN, Infinity and -Infinity. */
export function connectivityToJson(record: ConnectivityRecord): string {
  return JSON.stringify(record, (_, value: unknown) =>
    typeof value === 'number' && !Number.isFinite(value) ? String(value) : value,
  )
}

/** The inverse of `connectivityToJson`. Throws `invalid-argument` for text that holds no record of this version. */
export function connectivityFromJson(text: string): ConnectivityRecord {
  const words: Readonly<Record<string, number>> = { NaN, Infinity, '-Infinity': -Infinity }
  let value: unknown
  try {
    value = JSON.parse(text, (_, item: unknown) =>
      typeof item === 'string' && Object.hasOwn(words, item) ? words[item] : item,
    )
  } catch (cause) {
    throw argumentError('connectivityFromJson', `expected JSON, got: ${(cause as Error).message}`)
  }
  const record = value as Partial<ConnectivityRecord> | null
  if (record?.version === 1 && Array.isArray(record.layers) && Array.isArray(record.singles))
    return record as ConnectivityRecord
  throw argumentError('connectivityFromJson', `expected a record of version 1, got version ${String(record?.version)}`)
}
