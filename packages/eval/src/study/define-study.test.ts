import { describe, expect, expectTypeOf, test } from 'vitest'
import { noiseStudy } from '../runner/fixtures/noise-study.js'
import { type AnyStudyDefinition, defineStudy, type RunContext, seedsOfPreset } from './define-study.js'

/** The noise study with some fields replaced, as a plain definition. */
function altered(changes: object): AnyStudyDefinition {
  return { ...noiseStudy, ...changes } as unknown as AnyStudyDefinition
}

const claim = noiseStudy.claims[0]!

describe('a study definition', () => {
  test('is returned as it was given', () => {
    expect(defineStudy(altered({})).arms).toBe(noiseStudy.arms)
  })

  test('infers the names of arms and metrics, and types options and engine', () => {
    const study = defineStudy({
      name: 'typed',
      title: 'Typed',
      paper: { title: 'P', authors: 'A', year: 2026, url: 'https://example.org' },
      arms: { one: { title: 'One' }, two: { title: 'Two' } },
      metrics: { loss: { title: 'Loss', unit: '', better: 'lower' } },
      presets: { smoke: { description: 'Small.', seeds: 2, options: { steps: 3 } } },
      setup: () => ({ engine: 'none' }),
      run: async (arm, seed, context) => {
        expectTypeOf(arm).toEqualTypeOf<'one' | 'two'>()
        expectTypeOf(context).toEqualTypeOf<RunContext<{ steps: number }, { engine: string }>>()
        return { metrics: { loss: seed } }
      },
      claims: [],
      deviations: [],
    })
    expectTypeOf(study.arms).toHaveProperty('two')
    type Own = (typeof study)['claims'][number]
    const test: Own['test'] = { kind: 'threshold', metric: 'loss', arm: 'two', value: 1, direction: 'less' }
    // @ts-expect-error -- 'three' is no arm of this study
    const wrong: Own['test'] = { ...test, arm: 'three' }
    expect(wrong.kind).toBe(test.kind)
  })

  test('counts seeds from 0 or takes them as given', () => {
    expect(seedsOfPreset({ seeds: 3 })).toEqual([0, 1, 2])
    expect(seedsOfPreset({ seeds: [7, 3] })).toEqual([7, 3])
  })

  const faults: [name: string, changes: object, message: string][] = [
    ['a name with capitals', { name: 'Noise' }, '`name`: expected lower-case words'],
    ['an unknown option', { colour: 'red' }, 'colour'],
    ['no arms', { arms: {} }, '`arms`: expected at least one arm'],
    ['no presets', { presets: {} }, '`presets`: expected at least one of smoke'],
    ['a paper without address', { paper: { ...noiseStudy.paper, url: 'nowhere' } }, '`paper.url`'],
    ['a run that is no function', { run: 3 }, '`run`: expected a function'],
    [
      'a preset with an unknown arm',
      { presets: { smoke: { description: 'd', arms: ['drifts'], seeds: 1, options: {} } } },
      "`presets.smoke.arms`: expected an arm of this study (flat, drift, broken), got 'drifts'; did you mean 'drift'?",
    ],
    [
      'a preset with a seed twice',
      { presets: { smoke: { description: 'd', seeds: [1, 1], options: {} } } },
      '`presets.smoke.seeds`: expected different seeds',
    ],
    ['two claims with one id', { claims: [claim, claim] }, "`claims.1.id`: expected different ids, got 'A' twice"],
    [
      'a claim about an unknown metric',
      { claims: [{ ...claim, test: { ...claim.test, metric: 'lost' } }] },
      "`claims.0.test.metric`: expected a metric of this study (loss), got 'lost'; did you mean 'loss'?",
    ],
    [
      'an arm against itself',
      { claims: [{ ...claim, test: { ...claim.test, against: 'drift' } }] },
      'expected two different arms',
    ],
    [
      'an equivalence without margin',
      {
        claims: [{ ...claim, test: { kind: 'equivalence', metric: 'loss', arm: 'flat', against: 'drift', margin: 0 } }],
      },
      '`claims.0.test.margin`',
    ],
    [
      'a trend over two arms',
      { claims: [{ ...claim, test: { kind: 'trend', metric: 'loss', arms: ['flat', 'drift'], direction: 'less' } }] },
      '`claims.0.test.arms`',
    ],
    [
      'a trend with too few positions',
      {
        claims: [
          {
            ...claim,
            test: {
              kind: 'trend',
              metric: 'loss',
              arms: ['flat', 'drift', 'broken'],
              positions: [1],
              direction: 'less',
            },
          },
        ],
      },
      'expected one position for each of the 3 arms, got 1',
    ],
    [
      'a paper figure of an unknown arm',
      { paperFigures: [{ quantity: 'q', paper: '1', source: 's', arm: 'fla' }] },
      "did you mean 'flat'?",
    ],
  ]
  for (const [name, changes, message] of faults) {
    test(`with ${name} is refused`, () => {
      expect(() => defineStudy(altered(changes))).toThrow(message)
      expect(() => defineStudy(altered(changes))).toThrow(/^defineStudy/)
    })
  }
})
