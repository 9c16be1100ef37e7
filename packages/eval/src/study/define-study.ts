import type { Figure } from '../figures/figure.js'
import type { Claim } from './claim.js'
import { checkStudy } from './check-study.js'
import type { DataSet, Paper, PaperFigure } from './results.js'

/** The sizes a study comes in: seconds for tests, minutes on two cores, every table, and as published. */
export type PresetName = 'smoke' | 'laptop' | 'complete' | 'paper'

/** One way of training or measuring that a study compares with others. */
export interface ArmDefinition {
  readonly title: string
  readonly description?: string
  /** May be left out when a time budget is given and too small; the last such arm goes first. Default false. */
  readonly optional?: boolean
}

/** A number that every run returns. */
export interface MetricDefinition {
  readonly title: string
  /** '' for a plain number. */
  readonly unit: string
  readonly better: 'lower' | 'higher' | 'neither'
  /** Decimals in tables; default 3. */
  readonly digits?: number
  /** True where runs of some arms do not have it, because it means nothing there. Default false. */
  readonly optional?: boolean
  /** True for one of many numbers that only claims and figures need: kept, but not a column of the table of arms. */
  readonly detail?: boolean
}

/** One size of the study. */
export interface Preset<Arm extends string, Options> {
  readonly description: string
  /** Default: all arms. */
  readonly arms?: readonly Arm[]
  /** A number n of seeds (0 … n − 1) or the seeds themselves. */
  readonly seeds: number | readonly number[]
  /** Arms too dear for all seeds take only their first n; a claim rests on the seeds that all its arms have. */
  readonly armSeeds?: Readonly<Partial<Record<Arm, number>>>
  /** Everything else that a run needs to know; part of the identity of a run, so plain JSON. */
  readonly options: Options
  /** False for a preset that is too small to judge by; `smoke` never judges. Default true. */
  readonly verdicts?: boolean
}

/** What a run can see and use. */
export interface RunContext<Options = unknown, Engine = undefined> {
  readonly preset: string
  readonly options: Options
  /** What `setup` returned in this process. */
  readonly engine: Engine
  /** Threads that this process may use. */
  readonly threads: number
  /** The data order that the user asked for, one of the study's `dataOrders`; undefined for the study's own. */
  readonly dataOrder?: string | undefined
  /** A directory of this run's own that outlives a killed process: write checkpoints here and look here first. */
  readonly checkpointDirectory: string
  readonly signal: AbortSignal
  /** Milliseconds of a steady clock. */
  readonly clock: () => number
  /**
   * Tells how far the run is, `fraction` in [0, 1]. Await it every few steps: it lets an abort through, and throws
   * `EvalError` with code `run-aborted` when one came. Messages are thinned out, so calling often costs little.
   */
  readonly report: (progress: RunProgress) => Promise<void>
}

export interface RunProgress {
  readonly fraction: number
  readonly message?: string
}

/** What a run returns. All numbers must be finite: say in the study what a diverged run counts as. */
export interface RunOutput<Metric extends string = string> {
  /** Every metric of the study; those that are `optional` may be absent. */
  readonly metrics: Readonly<Record<Metric, number>>
  /** Curves by name, for example a validation loss over steps. */
  readonly curves?: Readonly<Record<string, { readonly x: readonly number[]; readonly y: readonly number[] }>>
  /** Per-item measurements by name (same items in the same order in every run), for bootstraps over items. */
  readonly samples?: Readonly<Record<string, readonly number[]>>
}

/** A finished run as figures see it. */
export interface FinishedRun<Arm extends string = string, Metric extends string = string> extends RunOutput<Metric> {
  readonly arm: Arm
  readonly seed: number
  readonly seconds: number
}

export interface StudyDefinition<Arm extends string, Metric extends string, Options, Engine> {
  /** Lower-case words joined by hyphens; names the output directory. */
  readonly name: string
  readonly title: string
  /** What the study asks, in a sentence. */
  readonly question?: string
  readonly paper: Paper
  readonly arms: Readonly<Record<Arm, ArmDefinition>>
  readonly metrics: Readonly<Record<Metric, MetricDefinition>>
  readonly presets: Readonly<Partial<Record<PresetName, Preset<NoInfer<Arm>, Options>>>>
  /**
   * Names of the data orders that may take the place of the study's own sampler, `RunContext.dataOrder` in `run`; absent
   * when the study does not offer the choice.
   */
  readonly dataOrders?: readonly string[]
  /** Makes what all runs of one process share (an engine, a loaded corpus). Called once in each process. */
  readonly setup?: (resources: {
    readonly threads: number
    readonly backend: string
    readonly options: Options
  }) => Engine | Promise<Engine>
  /** Measures, by its first steps, how many seconds a whole run of this arm takes; called before anything starts. */
  readonly probe?: (arm: NoInfer<Arm>, context: RunContext<NoInfer<Options>, NoInfer<Engine>>) => Promise<number>
  /** One run: the same arm, seed and options must give the same metrics, in whatever order runs come. */
  readonly run: (
    arm: NoInfer<Arm>,
    seed: number,
    context: RunContext<NoInfer<Options>, NoInfer<Engine>>,
  ) => Promise<RunOutput<NoInfer<Metric>>>
  readonly claims: readonly Claim<NoInfer<Arm>, NoInfer<Metric>>[]
  readonly figures?: (runs: readonly FinishedRun<NoInfer<Arm>, NoInfer<Metric>>[]) => readonly Figure[]
  /** Where this study differs from the paper, a sentence each. */
  readonly deviations: readonly string[]
  /** The paper's numbers, to stand beside ours. */
  readonly paperFigures?: readonly PaperFigure[]
  readonly dataSets?: readonly DataSet[]
}

declare const checked: unique symbol

/** A study definition that `defineStudy` has checked. */
export type Study<
  Arm extends string = string,
  Metric extends string = string,
  Options = unknown,
  Engine = unknown,
> = StudyDefinition<Arm, Metric, Options, Engine> & { readonly [checked]: true }

/** Any study, whatever its arms, metrics, options and engine: what runners and reports take. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- the four types are the study's own and vary freely
export type AnyStudy = Study<any, any, any, any>

/** Any definition, not yet checked. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- as above
export type AnyStudyDefinition = StudyDefinition<any, any, any, any>

/**
 * Declares a study: the arms that are compared, the claims that are judged, and how one run is made.
 *
 * Names of arms and metrics are inferred and checked wherever they are used. Throws `EvalError` with code
 * `invalid-study` that names the option, what was expected and what came; no work starts on a faulty definition.
 */
export function defineStudy<const Arm extends string, const Metric extends string, Options, Engine = undefined>(
  definition: StudyDefinition<Arm, Metric, Options, Engine>,
): Study<Arm, Metric, Options, Engine> {
  checkStudy(definition)
  return definition as Study<Arm, Metric, Options, Engine>
}

/** The seeds of a preset as a list. */
export function seedsOfPreset(preset: { readonly seeds: number | readonly number[] }): readonly number[] {
  return typeof preset.seeds === 'number' ? Array.from({ length: preset.seeds }, (_, seed) => seed) : preset.seeds
}

/** The seeds that an arm runs: all of `seeds`, or the first few where the preset says so. */
export function seedsOfArm(
  preset: { readonly armSeeds?: Readonly<Partial<Record<string, number>>> },
  arm: string,
  seeds: readonly number[],
): readonly number[] {
  return seeds.slice(0, preset.armSeeds?.[arm] ?? seeds.length)
}
