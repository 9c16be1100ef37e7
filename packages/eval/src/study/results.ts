import { z } from 'zod'
import { EvalError } from '../errors.js'
import { figureSchema } from '../figures/figure.js'

/** Version of the results format; it changes only when a reader of the old format would misread the new one. */
export const resultsSchemaVersion = 1

const name = z.string().min(1)
const interval = z.tuple([z.number(), z.number()])

/** The paper that a study re-tests. */
export const paperSchema = z.strictObject({
  title: name,
  authors: name,
  year: z.number().int(),
  venue: z.string().optional(),
  url: z.url(),
})

/** What was measured on which machine, with which code. */
export const environmentSchema = z.strictObject({
  commit: z
    .string()
    .describe('Commit of the code, with "+changes" where the working tree differed; "unknown" outside git.'),
  node: z.string(),
  backend: z.string(),
  threads: z.number().int().positive().describe('Threads of each worker process.'),
  processes: z.number().int().positive().describe('Worker processes at the same time.'),
  cpu: z.string(),
  cores: z.number().int().positive(),
  memoryBytes: z.number().positive(),
  platform: z.string(),
  versions: z.record(z.string(), z.string()).describe('Versions of the packages that the study used.'),
  startedAt: z.string().optional().describe('ISO 8601.'),
})

/** A data set as a report names it. */
export const dataSetSchema = z.strictObject({
  name,
  version: name,
  licence: name,
  bytes: z.number().nonnegative().optional(),
  url: z.url().optional(),
  note: z.string().optional().describe('What it was used for, or what was taken from it.'),
})

/** A published number, and which of ours stands beside it. */
export const paperFigureSchema = z.strictObject({
  quantity: name.describe('What was measured, for example: perplexity, 12 layers × 3 repeats.'),
  paper: name.describe('The published value as printed, with its uncertainty.'),
  source: name.describe('Table or figure.'),
  arm: z.string().optional(),
  metric: z.string().optional(),
  note: z.string().optional(),
})

/** One claim and what the evidence says about it. */
export const claimResultSchema = z.strictObject({
  id: name,
  statement: name,
  source: z.strictObject({ sentence: name, place: name }),
  paperEffect: z.string().optional().describe("The paper's own effect, as printed."),
  test: z.strictObject({
    kind: z.enum(['difference', 'equivalence', 'trend', 'threshold', 'contrast', 'identity']),
    method: name,
    description: name.describe('The test in words.'),
    metric: z.string().optional(),
    arms: z.array(name).min(1),
    direction: z.enum(['less', 'greater']).optional(),
    boundary: z.number().optional().describe('The value that the effect must pass in the direction of the claim.'),
    margin: z.number().nonnegative(),
  }),
  alpha: z.number().positive(),
  minimumSeeds: z.number().int().positive(),
  n: z.number().int().nonnegative().describe('Complete pairs (seeds) that the test rests on.'),
  effect: z
    .strictObject({
      value: z.number(),
      unit: z.string(),
      ci95: interval,
      ci90: interval.describe('The interval of the equivalence test at the 5 % level.'),
      standardized: z.number().nullable().describe("Cohen's dz: mean over standard deviation of the per-seed values."),
      minimumDetectable: z.number().describe('Smallest effect found four times in five with this n and spread.'),
      bootstrapCi95: interval.optional().describe('Hierarchical bootstrap over seeds and test sequences.'),
    })
    .nullable(),
  values: z.array(z.strictObject({ seed: z.number().int(), value: z.number() })).describe('The effect at each seed.'),
  p: z.number().min(0).max(1).nullable().describe('p of the claim as stated; null where no test of chance applies.'),
  pCorrected: z.number().min(0).max(1).nullable().describe('The same, Holm-corrected over the claims of the study.'),
  opposite: z
    .strictObject({ p: z.number().min(0).max(1), pCorrected: z.number().min(0).max(1) })
    .nullable()
    .describe('The test of the opposite finding, corrected in its own family.'),
  verdict: z.enum(['supported', 'contradicted', 'inconclusive']),
  reason: name,
})

/** Everything that a report needs: the content of results.json. */
export const resultsSchema = z.strictObject({
  $schema: z.string().optional(),
  schemaVersion: z.literal(resultsSchemaVersion),
  study: z.strictObject({ name, title: name, question: z.string().optional() }),
  paper: paperSchema,
  preset: z.strictObject({
    name,
    description: z.string(),
    verdicts: z.boolean(),
    options: z.json(),
  }),
  environment: environmentSchema,
  arms: z.array(
    z.strictObject({
      name,
      title: name,
      description: z.string().optional(),
      dropped: z.string().optional().describe('Why this arm was not run.'),
    }),
  ),
  metrics: z.array(
    z.strictObject({
      name,
      title: name,
      unit: z.string(),
      better: z.enum(['lower', 'higher', 'neither']),
      digits: z.number().int().min(0).max(12),
      detail: z.boolean().optional().describe('True where the table of arms leaves it out.'),
    }),
  ),
  seeds: z.array(z.number().int()),
  runs: z.array(
    z.strictObject({
      arm: name,
      seed: z.number().int(),
      status: z.enum(['done', 'failed']),
      metrics: z.record(z.string(), z.number()),
      seconds: z.number().nonnegative(),
      error: z.string().optional(),
    }),
  ),
  missing: z
    .array(z.strictObject({ arm: name, seed: z.number().int() }))
    .describe('Runs that the preset asks for and that are not there yet.'),
  claims: z.array(claimResultSchema),
  figures: z.array(figureSchema),
  paperFigures: z.array(paperFigureSchema),
  deviations: z.array(name),
  dataSets: z.array(dataSetSchema),
  command: z.string().optional().describe('The command that makes this again.'),
})

/** What a study found, as read from or written to results.json. */
export type Results = z.output<typeof resultsSchema>
export type ClaimResult = z.output<typeof claimResultSchema>
export type Verdict = ClaimResult['verdict']
export type Environment = z.output<typeof environmentSchema>
export type DataSet = z.output<typeof dataSetSchema>
export type Paper = z.output<typeof paperSchema>
export type PaperFigure = z.output<typeof paperFigureSchema>

/**
 * Checks a value that was read from a results.json and returns it typed.
 *
 * Throws `EvalError` with code `invalid-results`, naming each field that is not as the schema says.
 */
export function parseResults(value: unknown): Results {
  const version = (value as { schemaVersion?: unknown } | null)?.schemaVersion
  if (typeof version === 'number' && version !== resultsSchemaVersion) {
    throw new EvalError(
      'invalid-results',
      `parseResults: expected results of schema version ${resultsSchemaVersion}, got ${version}. ` +
        'Run the study again, or read the file with the version of @lemanic/eval that wrote it.',
      { expected: resultsSchemaVersion, got: version },
    )
  }
  const parsed = resultsSchema.safeParse(value)
  if (parsed.success) return parsed.data
  throw new EvalError('invalid-results', `parseResults: ${describeIssues(parsed.error)}`, {
    issues: parsed.error.issues,
  })
}

/** The JSON schema (draft 2020-12) of results.json, the same as the file `@lemanic/eval/results.schema.json`. */
export function resultsJsonSchema(): Record<string, unknown> {
  return {
    $id: `urn:lemanic:eval:results:${resultsSchemaVersion}`,
    title: 'Results of a Lemanic study',
    ...z.toJSONSchema(resultsSchema, { target: 'draft-2020-12', io: 'output' }),
  }
}

/** The issues of a failed parse as one line: where, what was expected, what came. */
export function describeIssues(error: z.ZodError): string {
  return error.issues
    .map(
      (issue) => `\`${issue.path.map(String).join('.') || 'value'}\`: ${issue.message.replace(/^Invalid input: /, '')}`,
    )
    .join('; ')
}
