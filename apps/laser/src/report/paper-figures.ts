import type { PaperFigure } from '@lemanic/eval'

export const paperFigures: readonly PaperFigure[] = [
  {
    quantity: 'CIFAR-10, ResNet-18, P = 250: LASER, Z-SGD, Random-K',
    paper: '88.5, 79.0, 83.6 %',
    source: 'Figure on CIFAR-10, decoded',
  },
  {
    quantity: 'The same at P = 128,000: LASER, Z-SGD (crossover)',
    paper: '91.8, 92.2 %',
    source: 'Figure on CIFAR-10, decoded',
  },
  {
    quantity: 'WikiText-103, GPT-2, P = 10,000: LASER, Z-SGD',
    paper: 'perplexity 76.1, 212.3',
    source: 'Figure on WikiText-103, decoded',
  },
  {
    quantity: 'The same at P = 10.24 million: LASER, Z-SGD (crossover)',
    paper: 'perplexity 32.5, 24.3',
    source: 'Figure on WikiText-103, decoded',
  },
  {
    quantity: 'Power to the same accuracy, Z-SGD over LASER, CIFAR-10',
    paper: '16 for 88, 89, 90 and 91 % (the grid doubles)',
    source: 'Table of power to target, worked out from the figure',
  },
  {
    quantity: 'Data in a step: GPT-2, ResNet-18 whole',
    paper: '496 MB, 44.7 MB',
    source: 'Table of data per iteration; the second worked out',
  },
]
