import { tableOf } from '@lemanic/multimodal'
import { fillRandomNormal, randomKey } from '@lemanic/tensor-core'
import type { Family } from '../data/family.js'
import type { StudyData } from '../data/load-data.js'
import { type MultiModNOptions, smokeSizes } from '../options.js'
import type { MultiModNContext } from '../run-real.js'

/** A made-up data set with the names of a real one, so that no test needs a download: four sides decide two winds. */
export function fakeWind(rows: number): Family {
  const noise = (name: string) => Array.from(fillRandomNormal(randomKey(1).foldIn(name), new Float32Array(rows)))
  const [west, south, east, north] = ['west', 'south', 'east', 'north'].map(noise) as [
    number[],
    number[],
    number[],
    number[],
  ]
  const sides = { west, south, east, north }
  const at = Array.from({ length: rows }, (_, row) => row)
  const table = tableOf({
    group: at.map((row) => `month ${Math.floor(row / 5)}`),
    season: at.map((row) => Math.sin(row / 20)),
    ...sides,
    west: west.map((value, row) => (row % 3 === 0 ? null : value)),
    dublin: at.map((row) => (east[row]! + west[row]! > 0 ? 1 : 0)),
    'malin-head': at.map((row) => (row % 7 === 0 ? null : north[row]! > 0 ? 1 : 0)),
  })
  return {
    name: 'wind',
    table,
    schema: {
      modalities: {
        season: { season: 'number' },
        ...Object.fromEntries(Object.keys(sides).map((side) => [side, { [side]: 'number' as const }])),
      },
      targets: { dublin: { kind: 'binary', column: 'dublin' }, 'malin-head': { kind: 'binary', column: 'malin-head' } },
      group: 'group',
    },
    series: {},
    order: ['season', 'west', 'south', 'east', 'north'],
    describe: (row) =>
      Object.fromEntries(['season', 'west', 'south', 'east', 'north'].map((name) => [name, `row ${row}`])),
  }
}

/** A context for one run. */
export function contextOf(data: Partial<StudyData>, options: Partial<MultiModNOptions> = {}): MultiModNContext {
  return {
    preset: 'smoke',
    options: { ...smokeSizes, data: 'none', ...options },
    engine: { data: { families: {}, cards: [], missing: {}, hash: '', ...data } },
    threads: 1,
    checkpointDirectory: '',
    signal: new AbortController().signal,
    clock: () => 0,
    report: () => Promise.resolve(),
  }
}
