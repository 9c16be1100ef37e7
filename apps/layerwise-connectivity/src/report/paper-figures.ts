import type { PaperFigure } from '@lemanic/eval'

/** The paper shows heat maps and curves; what they say stands beside our arm of the nearest setting. */
export const paperFigures: readonly PaperFigure[] = [
  {
    quantity: 'Full barrier, ResNet18 and VGG11 on CIFAR-10, same start',
    paper: 'large over most of the training',
    source: 'Figure 1; heat maps without printed numbers',
    arm: 'mlp-order',
    metric: 'full',
    note: 'ours: MLP on MNIST, points of error',
  },
  {
    quantity: 'Barrier of every single layer, the same networks',
    paper: 'close to 0',
    source: 'Figure 1',
    arm: 'mlp-order',
    metric: 'worst',
    note: 'ours: the worst layer of each pair',
  },
  {
    quantity: 'Barrier of every single layer, GPT-like model',
    paper: 'close to 0',
    source: 'Experiments on language models',
    arm: 'gpt-same',
    metric: 'worst loss',
    note: 'ours: nats a character, the worst module',
  },
  {
    quantity: 'Averaging direction against a random one, layer by layer',
    paper: 'the averaging direction is far worse',
    source: 'Figure 4, section 5.1',
    arm: 'mlp-same',
    metric: 'layer excess',
  },
  {
    quantity: 'Partial against full averaging, non-iid clients',
    paper: 'no better',
    source: 'Table 1, section 6',
    arm: 'skewed-first',
    metric: 'accuracy',
    note: 'ours: first half averaged; full averaging is the next line',
  },
  {
    quantity: 'Full averaging, non-iid clients',
    paper: 'no worse than partial',
    source: 'Table 1',
    arm: 'skewed-all',
    metric: 'accuracy',
  },
  {
    quantity: 'Partial averaging, pathological clients',
    paper: 'can be better than full',
    source: 'Table 1',
    arm: 'shards-first',
    metric: 'accuracy',
  },
  {
    quantity: 'Full averaging, pathological clients',
    paper: 'below',
    source: 'Table 1',
    arm: 'shards-all',
    metric: 'accuracy',
  },
]
