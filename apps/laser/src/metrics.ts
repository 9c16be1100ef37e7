import type { MetricDefinition } from '@lemanic/eval'

export const metrics: Readonly<Record<string, MetricDefinition>> = {
  accuracy: { title: 'Test accuracy', unit: '%', better: 'higher', optional: true, digits: 1 },
  loss: { title: 'Test loss', unit: 'nats', better: 'lower', digits: 3 },
  'noise to signal': {
    title: 'Noise over signal, mean of the steps',
    unit: 'log₁₀',
    better: 'lower',
    optional: true,
    digits: 2,
  },
  'energy to target': {
    title: 'Energy of a worker until 85 % on validation',
    unit: 'log₁₀',
    better: 'lower',
    optional: true,
    digits: 2,
  },
  'megabytes a step': { title: 'Sent by a worker in a step', unit: 'MB', better: 'lower', digits: 4 },
  'learning rate': { title: 'Learning rate, tuned', unit: 'log₁₀', better: 'neither', digits: 1 },
  'peak power': {
    title: 'Largest share of the budget used',
    unit: '',
    better: 'neither',
    optional: true,
    detail: true,
  },
  diverged: { title: 'Diverged', unit: '', better: 'lower', detail: true },
}
