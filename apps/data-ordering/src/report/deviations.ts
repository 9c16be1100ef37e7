import type { Sizes } from '../options.js'

/** Where the study differs from the paper, for the sizes of one preset. */
export function deviations(preset: string, { vector, mlp, cnn, instances }: Sizes): string[] {
  return [
    'The claim that random reshuffling and single shuffle are always at least as good as SGD is that of the pre-print, versions 1 to 3, whose proof had an error. The published version claims less: better optimisation terms for incremental gradient and single shuffle. Both are tested here, and each claim says whose it is.',
    `Quadratics have the paper’s d and n (${vector.quadratic.dimension} and ${vector.quadratic.size}${preset === 'smoke' ? '; 100 and 50 there' : ''}) but ${vector.quadratic.epochs.toLocaleString('en')} epochs; the paper takes 10,000. The paper does not give its step sizes, logistic regression, networks or batch sizes: these are ours.`,
    'The counter-example, the sigmoid loss, GraB, pair balance, FlipFlop and block shuffle are not in the paper.',
    'Errors are means of ‖∇f‖² over the second half of a run, sampled every few steps; the paper’s measure over all iterates from the start decides the comparison at tuned step sizes.',
    `Networks: batches (${mlp.batchSize} and ${cnn.batchSize} digits) are cut once and are the units of all orders, so that GraB needs one gradient a step; n is the number of batches. SGD has no momentum, as in theory.`,
    `MNIST only, ${mlp.images.toLocaleString('en')} and ${cnn.images.toLocaleString('en')} digits: CIFAR comes with no package.`,
    `A verdict on the vector problems rests on one number a seed, the mean over its ${instances} problem seeds; the tables use every problem seed.`,
    'Period variance is the largest partial sum of each block as measured along one run; theory has an expectation and evaluates it at the beginning of each block, we at the iterate half way.',
  ]
}
