import type { MetricDefinition } from '@lemanic/eval'

/** What every run returns; the loss stands first because every claim rests on it. */
export const metrics = {
  loss: { title: 'Validation loss', unit: 'nats/token', better: 'lower', digits: 4 },
  perplexity: { title: 'Perplexity', unit: '', better: 'lower', digits: 2 },
  bitsPerByte: { title: 'Bits per byte', unit: 'bits', better: 'lower', digits: 4 },
  trainingLoss: { title: 'Training loss, last tenth', unit: 'nats/token', better: 'neither', digits: 4 },
  parameters: { title: 'Parameters', unit: '', better: 'neither', digits: 0 },
  macsPerToken: { title: 'Forward MACs a token', unit: '', better: 'neither', digits: 0 },
} as const satisfies Record<string, MetricDefinition>

export type MetricName = keyof typeof metrics
