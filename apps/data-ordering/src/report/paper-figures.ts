import type { PaperFigure } from '@lemanic/eval'

/** The paper prints curves and no numbers; these are what its figures show. */
export const paperFigures: readonly PaperFigure[] = [
  {
    quantity: 'Gradient norm on quadratics, d = 100, n = 50, 10,000 epochs',
    paper: 'SS and RR below SGD; the gap grows as the learning rate falls',
    source: 'Figure 1 (a)',
  },
  {
    quantity: 'Logistic regression and networks on MNIST and CIFAR',
    paper: 'SS and RR often below SGD, with stronger gains at smaller learning rates',
    source: 'Figure 1 and section 6',
  },
]
