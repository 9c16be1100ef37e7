import { type Figure, figureSchema } from '../figures/figure.js'
import { EvalError } from '../errors.js'
import { type AnyStudy, type FinishedRun, type Preset, seedsOfArm, seedsOfPreset } from './define-study.js'
import { judgeClaims } from './judge-claims.js'
import { describeIssues, type Environment, type Results, resultsSchema, resultsSchemaVersion } from './results.js'

/** One run as it is kept: finished, or failed with its error. */
export interface RecordedRun extends Omit<FinishedRun, 'metrics'> {
  readonly status: 'done' | 'failed'
  readonly metrics: Readonly<Record<string, number>>
  readonly error?: string
}

/**
 * Puts together the results of a study from its runs: claims judged, figures drawn as data, everything a report needs.
 *
 * Runs of other arms or seeds than asked for are left out; the order of `runs` does not matter. `seeds` and `arms`
 * default to those of the preset. Throws `EvalError` with code `invalid-study` when `figures` returns a faulty figure.
 */
export function collectResults(
  study: AnyStudy,
  options: {
    readonly preset: string
    readonly runs: readonly RecordedRun[]
    readonly environment: Environment
    readonly seeds?: readonly number[]
    readonly dropped?: Readonly<Record<string, string>>
    /** The data order that took the place of the study's own. */
    readonly dataOrder?: string
    readonly command?: string
  },
): Results {
  const { preset: presetName, environment, dropped = {} } = options
  const preset = findPreset(study, presetName)
  const seeds = options.seeds ?? seedsOfPreset(preset)
  const presetArms = preset.arms ?? Object.keys(study.arms)
  const arms = presetArms.filter((arm) => dropped[arm] === undefined)
  const order = new Map<string, number>()
  const takes = (arm: string, seed: number) => seedsOfArm(preset, arm, seeds).includes(seed)
  for (const seed of seeds) for (const arm of arms) if (takes(arm, seed)) order.set(`${arm} ${seed}`, order.size)
  const runs = options.runs
    .filter((run) => order.has(`${run.arm} ${run.seed}`))
    .sort((a, b) => order.get(`${a.arm} ${a.seed}`)! - order.get(`${b.arm} ${b.seed}`)!)
  const done = runs.filter((run) => run.status === 'done')
  const present = new Set(runs.map((run) => `${run.arm} ${run.seed}`))
  const verdicts = presetName !== 'smoke' && preset.verdicts !== false
  const claims = judgeClaims(study.claims, {
    preset: presetName,
    verdicts,
    seeds,
    ...(preset.armSeeds === undefined ? {} : { armSeeds: preset.armSeeds }),
    arms,
    dropped,
    runs: done,
    unitOfMetric: (metric) => (study.metrics as Record<string, { unit: string }>)[metric]!.unit,
  })
  const results = {
    $schema: `urn:lemanic:eval:results:${resultsSchemaVersion}`,
    schemaVersion: resultsSchemaVersion,
    study: {
      name: study.name,
      title: study.title,
      ...(study.question === undefined ? {} : { question: study.question }),
    },
    paper: study.paper,
    preset: { name: presetName, description: preset.description, verdicts, options: preset.options },
    environment,
    arms: presetArms.map((name) => ({
      name,
      title: study.arms[name].title,
      ...(study.arms[name].description === undefined ? {} : { description: study.arms[name].description }),
      ...(dropped[name] === undefined ? {} : { dropped: dropped[name] }),
    })),
    metrics: Object.entries(study.metrics as AnyStudy['metrics']).map(([name, metric]) => ({
      name,
      title: metric.title,
      unit: metric.unit,
      better: metric.better,
      digits: metric.digits ?? 3,
      ...(metric.detail === true ? { detail: true } : {}),
    })),
    seeds: [...seeds],
    runs: runs.map(({ arm, seed, status, metrics, seconds, error }) => ({
      arm,
      seed,
      status,
      metrics: { ...metrics },
      seconds,
      ...(error === undefined ? {} : { error }),
    })),
    missing: seeds.flatMap((seed) =>
      arms.filter((arm) => takes(arm, seed) && !present.has(`${arm} ${seed}`)).map((arm) => ({ arm, seed })),
    ),
    claims,
    figures:
      done.length === 0 || !study.figures
        ? []
        : study.figures(done).map((figure, index) => checkFigure(study.name, figure, index)),
    paperFigures: [...(study.paperFigures ?? [])],
    deviations: [
      ...(options.dataOrder === undefined
        ? []
        : [`The data come in the order "${options.dataOrder}", which the user chose, instead of the study's own.`]),
      ...study.deviations,
    ],
    dataSets: [...(study.dataSets ?? [])],
    ...(options.command === undefined ? {} : { command: options.command }),
  }
  return resultsSchema.parse(results)
}

/** The preset of that name, or an error that lists those there are. */
export function findPreset(study: AnyStudy, name: string): Preset<string, unknown> {
  const presets = study.presets as Readonly<Record<string, Preset<string, unknown> | undefined>>
  const preset = Object.hasOwn(presets, name) ? presets[name] : undefined
  if (preset) return preset
  throw new EvalError(
    'unknown-name',
    `Study '${study.name}': expected a preset (${Object.keys(study.presets).join(', ')}), got '${name}'.`,
    { study: study.name, preset: name, presets: Object.keys(study.presets) },
  )
}

function checkFigure(study: string, figure: Figure, index: number) {
  const parsed = figureSchema.safeParse(figure)
  if (parsed.success) return parsed.data
  throw new EvalError(
    'invalid-study',
    `Study '${study}': figure ${index} (${figure.id}): ${describeIssues(parsed.error)}.`,
    {
      study,
      index,
      issues: parsed.error.issues,
    },
  )
}
