import { curveFigure, type Figure, type FinishedRun, metricFigure, mean, median, pairedTTest, type TableFigure } from '@lemanic/eval';
import { countMultiplyAccumulates, countParameters } from '@lemanic/transformer';
import { type ArmName, describeArms, modelOptions } from '../arms.js';
import { equivalenceMargin } from '../claims.js';
import type { MetricName } from '../metrics.js';
import type { CotformerOptions } from '../options.js';

type Run = FinishedRun<ArmName, MetricName>;
type Sizes = Omit<CotformerOptions, 'corpus'>;

/** Perplexity at equal steps and at equal computation, where the loss comes from, and what each arm costs. */
export function figures(runs: readonly Run[], sizes: Sizes): Figure[] {
  const present = new Set(runs.map((run) => run.arm));
  const titles = Object.fromEntries(Object.entries(describeArms(sizes)).flatMap(([arm, { title }]) => (present.has(arm as ArmName) ? [[arm, title]] : [])));
  return [
    curveFigure(runs, {
      id: 'perplexity-by-step',
      title: 'Perplexity while training',
      caption: `Validation perplexity at equal steps, ${sizes.batchSize * sizes.contextLength} tokens each. Every arm sees the same batches in the same order.`,
      curve: 'perplexityByStep',
      titles,
      x: { label: 'Step' },
      y: { label: 'Perplexity', scale: 'log' },
    }),
    curveFigure(runs, {
      id: 'perplexity-by-compute',
      title: 'The same by computation spent',
      caption: 'Multiply–accumulates of all training steps so far (three forward passes each): a repeated model has taken fewer steps than the standard one at the same place of the axis.',
      curve: 'perplexityByCompute',
      titles,
      x: { label: 'Training computation, 10⁹ multiply–accumulates', scale: 'log' },
      y: { label: 'Perplexity', scale: 'log' },
    }),
    ...differences(runs),
    metricFigure(runs, {
      id: 'loss-by-arm',
      title: 'Final loss of every arm',
      caption: 'Lower is better. The spread between seeds is wider than that of the paired differences above: seeds share their difficulty.',
      metric: 'loss',
      titles,
      x: { label: 'Validation loss, nats a token' },
    }),
    costTable(runs, sizes, titles),
    curveFigure(runs, {
      id: 'training-loss',
      title: 'Training loss',
      caption: 'Mean over windows of steps; above the validation loss of the same moment only by the difference of the texts.',
      curve: 'trainingLoss',
      titles,
      x: { label: 'Step' },
      y: { label: 'Training loss, nats a token' },
    }),
  ];
}

/** Pairs whose difference is one named change. */
const pairs: readonly { readonly name: string; readonly arm: ArmName; readonly against: ArmName }[] = [
  { name: 'Depth by repeating: Block Universal − standard', arm: 'block-universal', against: 'standard' },
  { name: 'Attention to earlier repeats: CoTFormer − Block Universal', arm: 'cotformer', against: 'block-universal' },
  { name: 'Layer norm after each repeat: LN-CoTFormer − CoTFormer', arm: 'ln-cotformer', against: 'cotformer' },
  { name: 'Both: LN-CoTFormer − Block Universal', arm: 'ln-cotformer', against: 'block-universal' },
  { name: 'All three: LN-CoTFormer − standard', arm: 'ln-cotformer', against: 'standard' },
  { name: 'Weights of its own: untied − CoTFormer', arm: 'untied', against: 'cotformer' },
  { name: 'Weights of its own: untied − LN-CoTFormer', arm: 'untied', against: 'ln-cotformer' },
];

function differences(runs: readonly Run[]): Figure[] {
  const lossOf = new Map(runs.map((run) => [`${run.arm} ${run.seed}`, run.metrics.loss]));
  const seeds = [...new Set(runs.map((run) => run.seed))];
  const rows = pairs.flatMap(({ name, arm, against }) => {
    const both = seeds.flatMap((seed) => {
      const own = lossOf.get(`${arm} ${seed}`);
      const other = lossOf.get(`${against} ${seed}`);
      return own === undefined || other === undefined ? [] : [{ own, other }];
    });
    if (both.length === 0) return [];
    const values = both.map(({ own, other }) => own - other);
    const test = values.length > 1 ? pairedTTest(values, values.map(() => 0)) : undefined;
    return [{ name, values, mean: mean(values), ...(test === undefined ? {} : { interval: [...test.confidenceInterval] as [number, number] }) }];
  });
  if (rows.length === 0) return [];
  return [
    {
      kind: 'paired',
      id: 'differences',
      title: 'What each change does to the loss',
      caption: 'Differences of validation loss at the same seed; below zero the first is better. Only the claims above carry verdicts: these rows take their parts apart.',
      x: { label: 'Difference of validation loss, nats a token' },
      margin: equivalenceMargin,
      rows,
    },
  ];
}

function costTable(runs: readonly Run[], sizes: Sizes, titles: Readonly<Record<string, string>>): TableFigure {
  const rows = Object.entries(titles).map(([arm, title]) => {
    const model = modelOptions(arm as ArmName, sizes);
    const parameters = countParameters(model);
    const macs = countMultiplyAccumulates(model, { tokens: sizes.contextLength, logits: 'all' });
    const own = runs.filter((run) => run.arm === arm);
    const seconds = median(own.map((run) => run.seconds));
    const tokensPerSecond = (sizes.steps * sizes.batchSize * sizes.contextLength) / seconds;
    return [
      title,
      parameters.blocks / 1000,
      parameters.total / 1000,
      macs.total / sizes.contextLength / 1000,
      (100 * macs.attention) / macs.total,
      seconds,
      Math.round(tokensPerSecond),
      mean(own.map((run) => run.metrics.loss)),
      mean(own.map((run) => run.metrics.perplexity)),
    ];
  });
  return {
    kind: 'table',
    id: 'cost',
    title: 'What each arm costs',
    caption: 'Multiply–accumulates of a forward pass for one token, with logits at every position; seconds are the median over seeds of one run with its evaluations, one process a run.',
    columns: [
      { title: 'Arm' },
      { title: 'Parameters outside the embedding, thousands', digits: 1 },
      { title: 'All parameters, thousands', digits: 1 },
      { title: 'MACs a token, thousands', digits: 1 },
      { title: 'of these attention scores, %', digits: 1 },
      { title: 'Seconds a run', digits: 1 },
      { title: 'Tokens a second', digits: 0 },
      { title: 'Loss, nats a token', digits: 4 },
      { title: 'Perplexity', digits: 2 },
    ],
    rows,
  };
}
