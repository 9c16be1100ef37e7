import { expect, test } from 'vitest'
import { parseStudySettings } from './parse-study-settings.js'

interface Settings {
  readonly preset: string
  readonly hash: string
  readonly folder?: string
}
const parse = (text: string | undefined) =>
  parseStudySettings<Settings>(text, { study: 'tiny', required: ['preset', 'hash'] })

test('settings come back as they were written, optional ones too', () => {
  const settings = { preset: 'smoke', hash: 'abc', folder: 'data' }
  expect(parse(JSON.stringify(settings))).toEqual(settings)
})

test.each([
  [undefined, /got nothing/],
  ['{"preset":"smoke"}', /with preset, hash, got \{"preset":"smoke"\}/],
  ['not JSON', /got not JSON/],
  ['null', /expected the settings/],
])('%s is an error that says how to start the study', (text, message) => {
  expect(() => parse(text)).toThrow(message)
  expect(() => parse(text)).toThrow(/npm start -- tiny/)
})
