import fc from 'fast-check'
import { expect, test } from 'vitest'
import { spreadLabels } from './drawing.js'
import {
  digitsFor,
  formatBytes,
  formatEffect,
  formatNumber,
  formatP,
  formatSigned,
  inWords,
  joinWords,
  withUnit,
} from './format.js'
import { html, raw } from './html.js'

test('numbers carry a true minus sign, no minus zero, and thin spaces from five digits on', () => {
  expect(formatNumber(-1.26, 1)).toBe('−1.3')
  expect(formatNumber(-0.0004, 3)).toBe('0.000')
  expect(formatNumber(1234.5, 0)).toBe('1235')
  expect(formatNumber(1_234_567.891, 2)).toBe('1\u202f234\u202f567.89')
  expect(formatSigned(0.5, 2)).toBe('+0.50')
  expect(formatSigned(0.001, 2)).toBe('0.00')
  expect(withUnit('3', '%')).toBe('3\u202f%')
  expect(withUnit('3', '')).toBe('3')
})

test('an effect has as many digits as its interval deserves', () => {
  expect(formatEffect({ value: -0.03741, unit: 'nats', ci95: [-0.043, -0.0318] })).toEqual({
    value: '−0.0374\u00a0nats',
    interval: '−0.0430 to −0.0318',
  })
  expect(formatEffect({ value: 1234.6, unit: '', ci95: [1100, 1370] })).toEqual({
    value: '+1235',
    interval: '+1100 to +1370',
  })
  expect([25, 2.5, 0.25, 0.0251, 0].map(digitsFor)).toEqual([0, 1, 2, 3, 3])
})

test('p values, bytes and counts', () => {
  expect([0.00001, 0.0123, 0.34, 1].map(formatP)).toEqual(['<\u202f0.001', '0.012', '0.34', '1.00'])
  expect([12, 5_423_112, 999_600, 16e9, 250e6].map(formatBytes)).toEqual([
    '12\u202fB',
    '5.4\u202fMB',
    '1.0\u202fMB',
    '16.0\u202fGB',
    '250\u202fMB',
  ])
  expect([0, 7, 13].map(inWords)).toEqual(['no', 'seven', '13'])
  expect([['a'], ['a', 'b'], ['a', 'b', 'c']].map(joinWords)).toEqual(['a', 'a and b', 'a, b and c'])
})

test('html escapes everything but html', () => {
  expect(html`<p title="${'"'}">${'<b>'}${raw('<i>')}${[html`${1}`, null, false, '&']}</p>`.text).toBe(
    '<p title="&quot;">&lt;b&gt;<i>1&amp;</p>',
  )
})

test('labels at the same height move apart, in order and within bounds', () => {
  fc.assert(
    fc.property(fc.array(fc.double({ min: 0, max: 300, noNaN: true }), { minLength: 1, maxLength: 8 }), (positions) => {
      const placed = spreadLabels(positions, 17, 0, 300)
      const sorted = [...placed].sort((a, b) => a - b)
      sorted.slice(1).forEach((value, index) => expect(value - sorted[index]!).toBeGreaterThan(16))
      expect(sorted[0]!).toBeGreaterThanOrEqual(-0.5)
      expect(sorted.at(-1)!).toBeLessThanOrEqual(300.5)
      positions.forEach((position, index) =>
        positions.forEach((other, at) => {
          if (position < other) expect(placed[index]!).toBeLessThanOrEqual(placed[at]!)
        }),
      )
    }),
    { seed: 3 },
  )
})
