import type { MetricDefinition } from '@lemanic/eval'

const points = (title: string, more: Partial<MetricDefinition> = {}): MetricDefinition => ({
  title,
  unit: 'pp',
  better: 'lower',
  optional: true,
  digits: 1,
  ...more,
})
const nats = (title: string, more: Partial<MetricDefinition> = {}): MetricDefinition => ({
  ...points(title, more),
  unit: 'nats',
  digits: 3,
})
const detail = { detail: true } as const

/**
 * What every run returns, as far as it applies to its arm. Barriers are those of the error on test data in percentage
 * points, at α = ½, less the mean error of the two models, unless a title says otherwise.
 */
export const metrics: Readonly<Record<string, MetricDefinition>> = {
  error: { title: 'Error of the models', unit: '%', better: 'lower', optional: true, digits: 1 },
  full: points('Full barrier'),
  worst: points('Worst single layer'),
  sum: points('Sum of single layers'),
  'full loss': nats('Full barrier, loss'),
  'worst loss': nats('Worst layer, loss', detail),
  'random full': points('Random direction, full', detail),
  matched: points('Full, units matched', detail),
  agreement: { title: 'Equal predictions', unit: '%', better: 'neither', optional: true, digits: 1, ...detail },
  cka: { title: 'CKA of logits', unit: '', better: 'neither', optional: true, digits: 3, ...detail },
  accuracy: { title: 'Accuracy, mean of clients', unit: '%', better: 'higher', optional: true, digits: 1 },
  'worst client': { title: 'Worst client', unit: '%', better: 'higher', optional: true, digits: 1 },
  'client barrier': points('Barrier between clients', detail),
  'worst client layer': points('Worst layer between clients', detail),
  drift: { title: 'Distance from the mean', unit: '', better: 'neither', optional: true, digits: 2, ...detail },
  loss: nats('Loss of the models', detail),
  'full absolute': points('|Full barrier|', detail),
  'full base': points('Full barrier against the base', detail),
  'full train': points('Full barrier, training pictures', detail),
  'full recomputed': points('Full barrier, statistics measured anew', detail),
  'worst absolute': points('Largest |barrier| of a single layer', detail),
  'inner worst': points('Largest |barrier| of a single layer but the first', detail),
  'worst base': points('Worst single layer against its base', detail),
  'worst train': points('Worst single layer, training pictures', detail),
  'worst block loss': nats('Worst block of a language model, loss', detail),
  'matched worst': points('Worst single layer, units matched', detail),
  'first window': points('Window of the first layers', detail),
  'middle window': points('Window of the middle layers', detail),
  'last window': points('Window of the last layers', detail),
  'layer excess': points('Averaging less random direction, mean of layers', detail),
  'first layer excess': points('Averaging less random direction, first layer', detail),
  'subspace full': points('Move within the training subspace, full', detail),
  'null space full': points('Move orthogonal to it, full', detail),
  'close probabilities': {
    title: 'Probabilities within 1e-4',
    unit: '%',
    better: 'neither',
    optional: true,
    detail: true,
  },
  'above chord': {
    title: 'Largest relative height above a chord',
    unit: '',
    better: 'neither',
    optional: true,
    detail: true,
  },
}
