import type { ClaimResult, Results } from '@lemanic/eval'
import { createColors } from 'picocolors'
import { expect, test } from 'vitest'
import { claimsTable, describeEffect } from './claims-table.js'

const effect = (value: number, low: number, high: number, unit = 'nats') =>
  ({ value, unit, ci95: [low, high], ci90: [low, high], standardized: 1, minimumDetectable: 0 }) as NonNullable<
    ClaimResult['effect']
  >

const claim = (id: string, verdict: ClaimResult['verdict'], more: Partial<ClaimResult> = {}): ClaimResult => ({
  id,
  statement: 'A statement that is long enough to be broken into two lines or more where the terminal is narrow',
  source: { sentence: 's', place: 'p' },
  test: { kind: 'difference', method: 't', description: 'd', arms: ['a', 'b'], margin: 0 },
  alpha: 0.05,
  minimumSeeds: 5,
  n: 8,
  effect: effect(-0.0412, -0.0523, -0.0301),
  values: [],
  p: 0.001,
  pCorrected: 0.0042,
  opposite: null,
  verdict,
  reason: 'neither the claim nor its opposite reaches a Holm-corrected p below 0.05',
  ...more,
})

test('effects show their sign, interval and unit, to the digits that the interval deserves', () => {
  expect(describeEffect(effect(-0.0412, -0.0523, -0.0301))).toBe('−0.041 [−0.052, −0.030] nats')
  expect(describeEffect(effect(12.34, 2, 22, ''))).toBe('+12 [+2, +22]')
  expect(describeEffect(effect(0.5, 0.5, 0.5))).toBe('+0.5000 [+0.5000, +0.5000] nats')
})

test('columns are aligned, verdicts are words, and an open verdict gives its reason', () => {
  const results = {
    preset: { verdicts: true },
    claims: [
      claim('A', 'supported', { pCorrected: 0.0000001 }),
      claim('B-size', 'inconclusive'),
      claim('C', 'contradicted', { effect: null, pCorrected: null }),
    ],
  } as unknown as Results
  const lines = claimsTable(results, createColors(false), 100)
  const starts = lines
    .filter((line) => /supported|inconclusive|contradicted/.test(line))
    .map((line) => line.search(/supported|inconclusive|contradicted/))
  expect(starts).toHaveLength(3)
  expect(new Set(starts).size).toBe(1)
  expect(lines.join('\n')).toContain('< 0.001')
  expect(lines.join(' ').replace(/\s+/g, ' ')).toContain('neither the claim nor its opposite')
  expect(lines.every((line) => line.length <= 100)).toBe(true)
})

test('colour adds nothing but colour', () => {
  const results = {
    preset: { verdicts: true },
    claims: [claim('A', 'supported'), claim('B', 'contradicted')],
  } as unknown as Results
  const plain = claimsTable(results, createColors(false))
  expect(claimsTable(results, createColors(true)).map((line) => line.replace(/\u001b\[\d+m/g, ''))).toEqual(plain)
})
