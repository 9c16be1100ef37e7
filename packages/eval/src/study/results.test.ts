import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { exampleResults, exampleStudy } from '../report/fixtures/example-results.js'
import { collectResults } from './collect-results.js'
import { parseResults, resultsJsonSchema } from './results.js'

describe('results', () => {
  test('survive JSON and parsing', () => {
    const results = exampleResults()
    expect(parseResults(JSON.parse(JSON.stringify(results)))).toEqual(results)
  })

  test('the published schema is the one that is checked', () => {
    const published = JSON.parse(readFileSync(new URL('../../results.schema.json', import.meta.url), 'utf8'))
    expect(published).toEqual(JSON.parse(JSON.stringify(resultsJsonSchema())))
  })

  test('of another version or with a wrong field are refused by name', () => {
    expect(() => parseResults({ ...exampleResults(), schemaVersion: 99 })).toThrow(
      'expected results of schema version 1, got 99',
    )
    expect(() => parseResults({ ...exampleResults(), seeds: ['a'] })).toThrow('`seeds.0`')
    expect(() => parseResults(null)).toThrow('parseResults')
  })

  test('do not depend on the order of runs, and leave out runs that the preset does not ask for', () => {
    const results = exampleResults()
    const { environment } = results
    const runs = results.runs.map((run) => ({ ...run, curves: { loss: { x: [0], y: [1] } } }))
    const stray = { ...runs[0]!, seed: 99 }
    const one = collectResults(exampleStudy, { preset: 'laptop', runs, environment })
    const other = collectResults(exampleStudy, {
      preset: 'laptop',
      runs: [stray, ...[...runs].reverse()],
      environment,
    })
    expect(other).toEqual(one)
  })

  test('list missing and failed runs, and judge only complete seeds', () => {
    const { runs, environment } = exampleResults()
    const partial = collectResults(exampleStudy, {
      preset: 'laptop',
      environment,
      runs: [
        ...runs.filter((run) => run.seed < 7).map((run) => ({ ...run, curves: { loss: { x: [0], y: [1] } } })),
        { arm: 'plain', seed: 7, status: 'failed', metrics: {}, seconds: 0, error: 'broke' },
      ],
    })
    expect(partial.missing.map((run) => run.arm)).toEqual(['deep', 'loop', 'memory', 'normed'])
    expect(partial.runs.at(-1)).toMatchObject({ status: 'failed', error: 'broke' })
    expect(partial.claims[0]).toMatchObject({ verdict: 'inconclusive', n: 7 })
  })

  test('the smoke preset gives no verdict', () => {
    expect(exampleResults('smoke').claims.map((claim) => claim.verdict)).toEqual(Array(5).fill('inconclusive'))
  })

  test('an unknown preset is answered with those there are', () => {
    expect(() =>
      collectResults(exampleStudy, { preset: 'desk', runs: [], environment: exampleResults().environment }),
    ).toThrow("expected a preset (smoke, laptop), got 'desk'")
  })

  test('a faulty figure is refused by name', () => {
    const study = {
      ...exampleStudy,
      figures: () => [{ kind: 'line', id: 'Bad Id', title: 't', x: { label: 'x' }, y: { label: 'y' }, series: [] }],
    }
    const { runs, environment } = exampleResults()
    expect(() => collectResults(study as typeof exampleStudy, { preset: 'laptop', runs, environment })).toThrow(
      'figure 0 (Bad Id): `id`',
    )
  })
})
