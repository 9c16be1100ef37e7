import type { Estimate, Task } from '../tasks/task.js'
import { auroc, averagePrecision, brierScore, logLoss, thresholdScores } from './binary-metrics.js'
import { calibration } from './calibration.js'
import { concordance } from './concordance.js'

/** Numbers by name; NaN where one is not defined, because a class is missing for instance. */
export type Scores = Readonly<Record<string, number>>

/**
 * Everything that is measured of a task: `auroc`, `averagePrecision`, `accuracy`, `balancedAccuracy`, `f1`, `sensitivity`,
 * `specificity`, `brier`, `calibrationError`, `logLoss` for binary tasks; multi-class ones have macro averages (`auroc` one
 * against the rest); multi-label ones means over labels; regression `rmse`, `mae`, `r2`; survival `concordance`. `count` is
 * the number of labels.
 *
 * @param targets [rows, targetWidth]
 * @param known [rows, labels]
 */
export function scoreTask(
  task: Task,
  estimates: readonly Estimate[],
  targets: ArrayLike<number>,
  known: ArrayLike<number>,
): Scores {
  const labelled = estimates.flatMap((_, row) => (task.labels === 1 && known[row] === 1 ? [row] : []))
  const target = (row: number): number => targets[row * task.targetWidth]
  switch (task.kind) {
    case 'binary':
      return binaryScores(
        labelled.map((row) => estimates[row].scores[0]),
        labelled.map((row) => estimates[row].values[0]),
        labelled.map(target),
      )
    case 'multi-class':
      return classScores(
        task.outputs,
        labelled.map((row) => estimates[row].values),
        labelled.map(target),
      )
    case 'multi-label': {
      const columns = Array.from({ length: task.labels }, (_, label) => {
        const rows = estimates.flatMap((_unused, row) => (known[row * task.labels + label] === 1 ? [row] : []))
        return binaryScores(
          rows.map((row) => estimates[row].scores[label]),
          rows.map((row) => estimates[row].values[label]),
          rows.map((row) => targets[row * task.labels + label]),
        )
      })
      return Object.fromEntries(
        Object.keys(columns[0]).map((name) => [
          name,
          name === 'count' ? columns.reduce((sum, one) => sum + one.count, 0) : meanOf(columns.map((one) => one[name])),
        ]),
      )
    }
    case 'regression':
      return regressionScores(
        labelled.map((row) => estimates[row].values[0]),
        labelled.map(target),
      )
    case 'survival':
      return {
        count: labelled.length,
        concordance: concordance(
          // expected number of intervals survived, negative: a risk
          labelled.map((row) => -estimates[row].values.reduce((sum, value) => sum + value, 0)),
          labelled.map(target),
          labelled.map((row) => targets[row * task.targetWidth + 1]),
        ),
      }
  }
}

function binaryScores(scores: readonly number[], probabilities: readonly number[], labels: readonly number[]): Scores {
  return {
    count: labels.length,
    auroc: auroc(scores, labels),
    averagePrecision: averagePrecision(scores, labels),
    ...thresholdScores(probabilities, labels),
    brier: brierScore(probabilities, labels),
    calibrationError: calibration(probabilities, labels).error,
    logLoss: logLoss(probabilities, labels),
  }
}

function classScores(classes: number, values: readonly (readonly number[])[], labels: readonly number[]): Scores {
  const guesses = values.map((row) => row.indexOf(Math.max(...row)))
  const perClass = Array.from({ length: classes }, (_, own) => {
    const isOwn = labels.map((label) => (label === own ? 1 : 0))
    const hits = guesses.filter((guess, at) => guess === own && labels[at] === own).length
    const actual = isOwn.reduce<number>((sum, value) => sum + value, 0)
    const said = guesses.filter((guess) => guess === own).length
    return {
      auroc: auroc(
        values.map((row) => row[own]),
        isOwn,
      ),
      recall: hits / actual,
      f1: (2 * hits) / (actual + said),
    }
  })
  const right = guesses.filter((guess, at) => guess === labels[at]).length
  const losses = values.map((row, at) => -Math.log(Math.max(1e-7, row[labels[at]])))
  return {
    count: labels.length,
    auroc: meanOf(perClass.map((one) => one.auroc)),
    accuracy: right / labels.length,
    balancedAccuracy: meanOf(perClass.map((one) => one.recall)),
    f1: meanOf(perClass.map((one) => one.f1)),
    logLoss: meanOf(losses),
  }
}

function regressionScores(predicted: readonly number[], actual: readonly number[]): Scores {
  const errors = predicted.map((value, at) => value - actual[at])
  const centre = meanOf(actual)
  const squares = meanOf(errors.map((error) => error ** 2))
  return {
    count: actual.length,
    rmse: Math.sqrt(squares),
    mae: meanOf(errors.map(Math.abs)),
    r2: 1 - squares / meanOf(actual.map((value) => (value - centre) ** 2)),
  }
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}
