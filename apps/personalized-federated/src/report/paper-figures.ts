import type { PaperFigure } from '@lemanic/eval'
import { methodTitles, type MnistArm, mnistMethods, settings } from '../arms.js'
import { paperTable } from '../claims.js'

/** Table 1, with the arm whose number stands beside each, and what the curves show. */
export const paperFigures: readonly PaperFigure[] = [
  ...settings.flatMap((setting) =>
    mnistMethods.flatMap((method): PaperFigure[] => {
      const paper = paperTable[setting][method]
      if (paper === undefined) return []
      const arm: MnistArm = `${setting}-${method}`
      return [
        {
          quantity: `MNIST, ${setting === 'rotation' ? 'rotation' : 'private label'}, ${methodTitles[method]}: accuracy, %`,
          paper: paper[0].toFixed(1),
          source: 'Table 1',
          arm,
          metric: 'accuracy',
          note: 'one run, no interval',
        },
      ]
    }),
  ),
  {
    quantity: 'Linear regression: ‖θ* − x‖ with K, n_i of 4, 4; 4, 16; 16, 4',
    paper: 'FC lowest of all but the true clusters, near them at n_i = 16; Global worst',
    source: 'Figure 3 (curves)',
  },
  {
    quantity: 'MNIST, private label, Byzantine clients',
    paper: 'Global collapses, FC reaches high accuracy',
    source: 'Figure 6 (curves)',
  },
]
