import type { FinishedRun, LineFigure, PairedFigure, TableFigure } from '@lemanic/eval'
import { expect, test } from 'vitest'
import { type ArmName, describeArms, isHop, mainArms } from '../arms.js'
import type { MetricName } from '../metrics.js'
import { smokeSizes } from '../options.js'
import { figures } from './figures.js'

// what only adaptive and p-hop arms have
const rest = {} as FinishedRun<ArmName, MetricName>['metrics']

function run(arm: ArmName, seed: number, loss: number): FinishedRun<ArmName, MetricName> {
  const x = [0, 4, 8, 12]
  const y = x.map((step) => Math.exp(loss + (12 - step) / 4))
  return {
    arm,
    seed,
    seconds: 2,
    metrics: {
      ...rest,
      loss,
      perplexity: Math.exp(loss),
      bitsPerByte: loss,
      trainingLoss: loss,
      parameters: 1,
      macsPerToken: 1,
    },
    curves: {
      perplexityByStep: { x, y },
      perplexityByCompute: { x: [1, 2, 3], y: y.slice(1) },
      trainingLoss: { x: [1, 2], y: [3, 2] },
    },
  }
}
const runs = mainArms.flatMap((arm, index) => [0, 1].map((seed) => run(arm, seed, 2 - index / 10 + seed)))

test('differences are paired by seed, so the spread between seeds does not enter', () => {
  const paired = figures(runs, smokeSizes).find(({ id }) => id === 'differences') as PairedFigure
  const row = paired.rows.find(({ name }) => name === 'CoTFormer − Block Universal')!
  expect(row.values.map((value) => value.toFixed(6))).toEqual(['-0.100000', '-0.100000'])
  const gap = figures(runs, smokeSizes).find(({ id }) => id === 'gap-by-step') as LineFigure
  expect(gap.series.map(({ name }) => name)).not.toContain('Block Universal 1×2')
  for (const point of gap.series.find(({ name }) => name === 'LN-CoTFormer 1×2')!.points)
    expect(point.y).toBeCloseTo(-0.2, 9)
})

test('the cost table has a line for each arm that ran, at the measured speed', () => {
  const table = figures(runs, smokeSizes).find(({ id }) => id === 'cost') as TableFigure
  expect(table.rows.map(([name]) => name)).toEqual([
    'Standard, 1 layer',
    'Untied, 2 layers',
    'Block Universal 1×2',
    'CoTFormer 1×2',
    'LN-CoTFormer 1×2',
  ])
  expect(table.rows[0]![6]).toBe((12 * 4 * 16) / 2)
})

test('a few runs, as an interrupted study has them, draw what they can', () => {
  const ids = figures([run('cotformer', 0, 2)], smokeSizes).map(({ id }) => id)
  expect(ids).toContain('perplexity-by-step')
  expect(ids).not.toContain('differences')
  expect(ids).not.toContain('gap-by-step')
})

// the other arms draw from metrics that the runs above do not have
const plain = (Object.keys(describeArms(smokeSizes)) as ArmName[]).filter(
  (arm) => !isHop(arm) && arm !== 'adaptive-embedding',
)

test.each(plain)('a first run of %s leaves no figure empty', (arm) => {
  for (const figure of figures([run(arm, 0, 2)], smokeSizes)) {
    if ('series' in figure) expect(figure.series, figure.id).not.toEqual([])
    if ('rows' in figure) expect(figure.rows, figure.id).not.toEqual([])
  }
})
