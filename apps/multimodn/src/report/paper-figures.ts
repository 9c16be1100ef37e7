import type { PaperFigure } from '@lemanic/eval'

/** The sizes that are published for the data; the paper’s result tables were not at hand, so no AUROC is quoted. */
export const paperFigures: readonly PaperFigure[] = [
  {
    quantity: 'HAIM-MIMIC-MM: samples',
    paper: '34,537 (7,279 stays, 6,485 patients)',
    source: 'HAIM on PhysioNet',
    note: 'The paper uses two cardiac labels of it; the size of that part was not found.',
  },
  {
    quantity: 'Real tasks',
    paper: '10, of three kinds of data',
    source: 'Abstract',
    note: 'Ours are ten, too, of three kinds: health, education, weather.',
  },
]
