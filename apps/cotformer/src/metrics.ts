import type { MetricDefinition } from '@lemanic/eval'

/** Parts of all tokens of the geometric budgets: c, c², c³ … go on after each repeat. */
export const budgets = [0.2, 0.4, 0.6, 0.8] as const

/** Hops that a preset may ask for. */
export const hopNumbers = [1, 2, 3, 4, 32] as const

export type BudgetMetric = `budget${(typeof budgets)[number]}`
export type HopMetric = `accuracy${(typeof hopNumbers)[number]}`

const detail = { better: 'lower', unit: 'nats/token', digits: 4, optional: true, detail: true } as const

/** What every run returns; the loss stands first because every claim rests on it. */
export const metrics = {
  loss: { title: 'Validation loss', unit: 'nats/token', better: 'lower', digits: 4 },
  perplexity: { title: 'Perplexity', unit: '', better: 'lower', digits: 2, optional: true },
  bitsPerByte: { title: 'Bits per byte', unit: 'bits', better: 'lower', digits: 4, optional: true },
  trainingLoss: { title: 'Training loss, last tenth', unit: 'nats/token', better: 'neither', digits: 4 },
  parameters: { title: 'Parameters', unit: '', better: 'neither', digits: 0 },
  macsPerToken: { title: 'Forward MACs a token', unit: '', better: 'neither', digits: 0 },
  averageRepeats: { title: 'Repeats a token', unit: '', better: 'neither', digits: 2, optional: true },
  accuracy: { title: 'p-hop accuracy', unit: '', better: 'higher', digits: 3, optional: true },
  ...(Object.fromEntries(
    hopNumbers.map((p) => [`accuracy${p}`, { ...detail, title: `Accuracy, ${p} hops`, better: 'higher', unit: '' }]),
  ) as unknown as Record<HopMetric, MetricDefinition>),
  ...(Object.fromEntries(
    budgets.map((c) => [`budget${c}`, { ...detail, title: `Loss when each router lets ${c} through` }]),
  ) as unknown as Record<BudgetMetric, MetricDefinition>),
  routerGain: { ...detail, title: 'Loss of the router less that of a fixed number of repeats, at equal computation' },
  budgetSlope: { ...detail, title: 'Slope of loss against part of full computation', better: 'neither' },
  thresholdDrift: { ...detail, title: 'Loss by thresholds less loss by top k, at one budget', better: 'neither' },
  thresholdDepth: { ...detail, title: 'Repeats by thresholds less repeats wanted', better: 'neither', unit: '' },
} as const satisfies Record<string, MetricDefinition>

export type MetricName = keyof typeof metrics
