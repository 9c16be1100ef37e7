import { expect, test } from 'vitest'
import { shareCores } from './study-setup.js'

test('processes and threads use the cores once', () => {
  expect(shareCores(8, {})).toEqual({ processes: 8, threads: 1 })
  expect(shareCores(8, { processes: 2 })).toEqual({ processes: 2, threads: 4 })
  expect(shareCores(8, { processes: 3 })).toEqual({ processes: 3, threads: 2 })
  expect(shareCores(8, { threads: 4 })).toEqual({ processes: 2, threads: 4 })
  expect(shareCores(2, { processes: 5 })).toEqual({ processes: 5, threads: 1 })
})

test('what is asked for is given', () => {
  expect(shareCores(2, { processes: 4, threads: 3 })).toEqual({ processes: 4, threads: 3 })
})
