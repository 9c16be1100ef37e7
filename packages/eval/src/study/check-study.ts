import { z } from 'zod'
import { EvalError } from '../errors.js'
import { nearestWord } from '../nearest-word.js'
import { armsOfTest } from './claim.js'
import type { AnyStudyDefinition } from './define-study.js'
import { dataSetSchema, describeIssues, paperFigureSchema, paperSchema } from './results.js'

const text = z.string().min(1, 'expected some text')
const callable = z.custom<unknown>((value) => typeof value === 'function', 'expected a function')
const direction = z.enum(['less', 'greater'])
const method = z.enum(['t', 'sign-flip', 'wilcoxon']).optional()
const margin = z.number().nonnegative()

const testSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('difference'),
    metric: text,
    arm: text,
    against: text,
    direction,
    margin: margin.optional(),
    relative: z.boolean().optional(),
    method,
    samples: text.optional(),
  }),
  z.strictObject({
    kind: z.literal('equivalence'),
    metric: text,
    arm: text,
    against: text,
    margin: z.number().positive(),
    relative: z.boolean().optional(),
  }),
  z.strictObject({
    kind: z.literal('trend'),
    metric: text,
    arms: z.array(text).min(3),
    positions: z.array(z.number()).optional(),
    direction,
    margin: margin.optional(),
    method,
  }),
  z.strictObject({
    kind: z.literal('threshold'),
    metric: text,
    arm: text,
    value: z.number(),
    direction,
    method: z.enum(['t', 'sign-flip', 'wilcoxon', 'exact']).optional(),
  }),
  z.strictObject({
    kind: z.literal('contrast'),
    arms: z.array(text).min(1),
    description: text,
    unit: z.string(),
    of: callable,
    direction,
    margin: margin.optional(),
    method,
  }),
  z.strictObject({
    kind: z.literal('identity'),
    metric: text,
    arm: text,
    against: text,
    tolerance: margin.optional(),
  }),
])

const presetSchema = z.strictObject({
  description: text,
  arms: z.array(text).min(1).optional(),
  seeds: z.union([z.number().int().positive(), z.array(z.number().int()).min(1)]),
  armSeeds: z.record(z.string(), z.number().int().positive()).optional(),
  options: z.json(),
  verdicts: z.boolean().optional(),
})

const word = z.string().regex(/^[a-z0-9]+(-[a-z0-9]+)*$/, 'expected lower-case words joined by hyphens')

const studySchema = z.strictObject({
  name: word,
  title: text,
  question: text.optional(),
  paper: paperSchema,
  arms: z.record(
    z.string().regex(/^[A-Za-z0-9]+([-_.][A-Za-z0-9]+)*$/, 'expected letters and digits, joined by - _ or .'),
    z.strictObject({ title: text, description: text.optional(), optional: z.boolean().optional() }),
  ),
  metrics: z.record(
    z.string().min(1),
    z.strictObject({
      title: text,
      unit: z.string(),
      better: z.enum(['lower', 'higher', 'neither']),
      digits: z.number().int().min(0).max(12).optional(),
      optional: z.boolean().optional(),
      detail: z.boolean().optional(),
    }),
  ),
  presets: z.strictObject({
    smoke: presetSchema.optional(),
    laptop: presetSchema.optional(),
    complete: presetSchema.optional(),
    paper: presetSchema.optional(),
  }),
  dataOrders: z.array(text).min(1).optional(),
  setup: callable.optional(),
  probe: callable.optional(),
  run: callable,
  claims: z.array(
    z.strictObject({
      id: z.string().regex(/^[A-Za-z0-9]+([-_.][A-Za-z0-9]+)*$/, 'expected letters and digits, joined by - _ or .'),
      statement: text,
      source: z.strictObject({ sentence: text, place: text }),
      paperEffect: text.optional(),
      test: testSchema,
      alpha: z.number().gt(0).lt(1).optional(),
      minimumSeeds: z.number().int().positive().optional(),
    }),
  ),
  figures: callable.optional(),
  deviations: z.array(text),
  paperFigures: z.array(paperFigureSchema).optional(),
  dataSets: z.array(dataSetSchema).optional(),
})

/** Refuses a study that could not run or could not be judged, with one message that names every fault. */
export function checkStudy(definition: AnyStudyDefinition): void {
  const parsed = studySchema.safeParse(definition)
  const title = typeof definition?.name === 'string' ? ` '${definition.name}'` : ''
  if (!parsed.success) {
    throw new EvalError('invalid-study', `defineStudy${title}: ${describeIssues(parsed.error)}.`, {
      issues: parsed.error.issues,
    })
  }
  const faults = [...referenceFaults(definition)]
  if (faults.length > 0) {
    throw new EvalError('invalid-study', `defineStudy${title}: ${faults.join('; ')}.`, { faults })
  }
}

function* referenceFaults(study: AnyStudyDefinition): Generator<string> {
  const arms = Object.keys(study.arms)
  const metrics = Object.keys(study.metrics)
  if (arms.length === 0) yield '`arms`: expected at least one arm'
  if (metrics.length === 0) yield '`metrics`: expected at least one metric'
  const presets = Object.entries(study.presets) as [
    string,
    { arms?: string[]; seeds: number | number[]; armSeeds?: Record<string, number> },
  ][]
  if (presets.length === 0) yield '`presets`: expected at least one of smoke, laptop, complete, paper'
  for (const [name, preset] of presets) {
    for (const arm of preset.arms ?? []) yield* unknown(`presets.${name}.arms`, 'arm', arm, arms)
    for (const arm of Object.keys(preset.armSeeds ?? {})) yield* unknown(`presets.${name}.armSeeds`, 'arm', arm, arms)
    const seeds = typeof preset.seeds === 'number' ? [] : preset.seeds
    if (new Set(seeds).size < seeds.length)
      yield `\`presets.${name}.seeds\`: expected different seeds, got ${seeds.join(', ')}`
  }
  const ids = new Set<string>()
  for (const [index, claim] of study.claims.entries()) {
    const where = `claims.${index}`
    if (ids.has(claim.id)) yield `\`${where}.id\`: expected different ids, got '${claim.id}' twice`
    ids.add(claim.id)
    const { test } = claim
    for (const arm of armsOfTest(test)) yield* unknown(`${where}.test`, 'arm', arm, arms)
    if ('metric' in test) yield* unknown(`${where}.test.metric`, 'metric', test.metric, metrics)
    if ('against' in test && test.arm === test.against) {
      yield `\`${where}.test\`: expected two different arms, got '${test.arm}' against itself`
    }
    if (test.kind === 'trend' && test.positions && test.positions.length !== test.arms.length) {
      yield `\`${where}.test.positions\`: expected one position for each of the ${test.arms.length} arms, got ${test.positions.length}`
    }
  }
  for (const [index, figure] of (study.paperFigures ?? []).entries()) {
    if (figure.arm !== undefined) yield* unknown(`paperFigures.${index}.arm`, 'arm', figure.arm, arms)
    if (figure.metric !== undefined) yield* unknown(`paperFigures.${index}.metric`, 'metric', figure.metric, metrics)
  }
}

function* unknown(where: string, noun: string, name: string, known: readonly string[]): Generator<string> {
  if (known.includes(name)) return
  const nearest = nearestWord(name, known)
  yield `\`${where}\`: expected ${noun === 'arm' ? 'an arm' : `a ${noun}`} of this study (${known.join(', ')}), got '${name}'${nearest ? `; did you mean '${nearest}'?` : ''}`
}
