/** Values of the published figures; WikiText and CIFAR decoded from the authors' vector figures, MNIST read off (±0.3 points). */
export const paperMnist: Readonly<Record<string, readonly number[]>> = {
  laser: [71.2, 83.6, 89.4, 92.0, 92.3],
  zsgd: [68.5, 81.2, 87.9, 91.9, 92.4],
  sketch: [71.3, 81.9, 88.2, 91.7, 92.3],
  random: [78.2, 86.1, 89.3, 91.5, 91.8],
  adsgd: [55.1, 81.5, 86.9, 87.3, 87.5],
}

interface PaperCurve {
  readonly id: string
  readonly title: string
  readonly unit: string
  readonly noiseless: number
  readonly powers: readonly number[]
  readonly curves: Readonly<Record<string, readonly number[]>>
}

const doubled = (from: number, count: number): number[] => Array.from({ length: count }, (_, i) => from * 2 ** i)

export const paperCurves: readonly PaperCurve[] = [
  {
    id: 'paper-cifar10',
    title: 'Published: ResNet-18 on CIFAR-10',
    unit: 'Test accuracy (%)',
    noiseless: 93,
    powers: doubled(250, 10),
    curves: {
      LASER: [88.51, 89.76, 90.88, 91.18, 91.5, 91.69, 91.52, 91.59, 91.5, 91.83],
      'Z-SGD': [78.99, 82.51, 84.96, 86.98, 88.8, 89.53, 90.69, 91.27, 92.08, 92.18],
      Sketching: [78.32, 82.39, 84.65, 86.73, 87.62, 88.52, 89.09, 89.38, 89.97, 89.97],
      'Random-K': [83.63, 85.71, 86.58, 87.98, 88.39, 88.63, 88.74, 88.84, 89.12, 89.23],
    },
  },
  {
    id: 'paper-cifar100',
    title: 'Published: ResNet-18 on CIFAR-100',
    unit: 'Test accuracy (%)',
    noiseless: 73,
    powers: doubled(500, 10),
    curves: {
      LASER: [66.09, 68.27, 70.01, 70.83, 71.05, 71.54, 71.19, 71.49, 71.77, 71.9],
      'Z-SGD': [49.44, 55.32, 59.71, 63.49, 65.66, 67.79, 69.29, 69.99, 70.75, 71.23],
      Sketching: [48.48, 54.08, 58.61, 61.59, 63.74, 65.74, 66.37, 67.19, 67.91, 67.77],
      'Random-K': [59.64, 63.28, 65.31, 67.04, 67.61, 68.62, 69.32, 69.41, 69.4, 69.16],
    },
  },
  {
    id: 'paper-wikitext',
    title: 'Published: GPT-2 on WikiText-103',
    unit: 'Validation perplexity',
    noiseless: 19.2,
    powers: Array.from({ length: 6 }, (_, i) => 10_000 * 4 ** i),
    curves: {
      LASER: [76.13, 46.29, 34.68, 32.29, 33.12, 32.54],
      'Z-SGD': [212.31, 130.75, 70.57, 44.23, 31.18, 24.27],
      Sketching: [210.43, 134.49, 77.19, 49.35, 35.19, 28.98],
      'Random-K': [282.27, 185.91, 113.39, 67.59, 47.9, 41.93],
      Signum: [448.82, 325.15, 237.95, 173.25, 125.32, 101.91],
    },
  },
]

/** Published accuracies on CIFAR-10 over rank, by power. */
export const paperRanks = {
  ranks: [1, 2, 4, 8, 16, 32],
  powers: {
    '250': [74.57, 87.05, 88.29, 88.27, 87.85, 86.24],
    '4,000': [75.85, 89.57, 91.38, 91.47, 91.5, 90.7],
    '128,000': [76.11, 90.05, 91.52, 91.83, 91.34, 91.41],
  } as Readonly<Record<string, readonly number[]>>,
}
