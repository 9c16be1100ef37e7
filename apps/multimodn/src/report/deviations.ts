import { modelSizes } from '../options.js'

/** Where this study differs from the paper, and what could not be loaded. */
export function deviations(preset: string, missing: Readonly<Record<string, string>>): string[] {
  return [
    'The paper’s data are credentialed (MIMIC through HAIM), private (EDU) or not in npm or Debian (Weather2K). Health, education and weather are here the fatty-liver cohort of the package survival, Project STAR, days of two cities and Irish wind: other tables, the same questions. The package multimodal reads HAIM’s embeddings; it has not seen them.',
    `State ${modelSizes.state}, hidden ${modelSizes.hidden}, drop-out ${modelSizes.dropout} and batch ${modelSizes.batch} are those of the paper’s MIMIC experiment; the learning rate is ${modelSizes.learningRate} instead of 0.001, decoders are linear, and series go through a GRU of 16.`,
    'P-Fusion has the same drop-out as MultiModN; in the reference code it has none, which confounds the comparison.',
    'Everything is scaled by training rows only; the reference code scales by all rows. Folds hold out whole groups (matched sets, schools, months).',
    'Equality is tested by two one-sided tests within a margin that was fixed before, not by overlapping intervals. Five folds are few: a claim that stays inconclusive is not a claim of difference. Folds share training rows, so that their differences are not quite independent.',
    'On real data the best epoch is chosen by a sixth of the training groups; on synthetic data, and wherever missingness is made, the number of epochs is fixed.',
    '“Samples skip” is what the paper’s text says. The published code skips a modality for a whole batch as soon as one sample lacks it: “batches skip”, here in batches of 16 in training and at test. “Reference protocol” adds the rest of that code: a loader that does not shuffle, missing cells taken from the first positives in file order, sigmoids that are taken for logits, and its denominator.',
    'Missingness that depends on the label is simulated; the tests “same” and “flipped” take the modality from as large a share of the positives, or of the negatives, as in training.',
    'Propensity weights are worked out from the labels of the training rows; a pattern in which a class never occurs gets weight 0.',
    'Of the fatty-liver cohort cholesterol and diastolic pressure are left out: in this version of the package they repeat HDL and systolic pressure. Project STAR comes without its schools’ own data.',
    ...(preset === 'complete' ? [] : ['At most 1,500 rows of each real data set are used, chosen by whole groups.']),
    ...Object.entries(missing).map(([name, reason]) => `Not loaded: ${name}. No verdict rests on it. ${reason}`),
  ]
}
