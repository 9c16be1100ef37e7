import type { Sizes } from '../options.js'

/** Where the study differs from the paper, for the sizes of one preset. */
export function deviations({ workers, trials, tuningSeed, problems, trainImages }: Sizes): string[] {
  const { linear, mlp } = problems
  return [
    `Simulated: ${workers} workers in one process; the channel is a model, nothing is sent. Workers hold equal random shards, as in the paper’s code.`,
    `Smaller models and shorter runs: MNIST (${trainImages.toLocaleString('en')} training digits), a linear model (${linear.steps} steps; 50 epochs in the paper) and an MLP 784–${mlp.width}–10 (${mlp.steps} steps), a small CNN and a one-layer GPT on characters in place of ResNet-18 on CIFAR and GPT-2 on WikiText. Powers are chosen for these sizes.`,
    `The learning rate of every cell is tuned on validation data with one separate seed (${tuningSeed}), by climbing over powers of √10 until both neighbours are worse, ${trials} rates at most. The paper’s code chooses the best rate, epoch and run on the test set. A power schedule takes the rate of the constant power.`,
    'Accuracy is that of the last iterate on test pictures; the paper has the best epoch of an averaged iterate.',
    'LASER is the half-step form of the authors’ code with rank 4: one factor in each step, left and right in turn. Momentum 0.9 and weight decay 10⁻⁴ (the GPT: AdamW) are applied after the reduction, as there.',
    'A run whose loss is not finite, or above 10⁴, ends and counts as a guess: 10 % accuracy, the loss of equal probabilities.',
    'A tensor that nobody sends gets no power and no noise; the reference code divides by zero there. Signum’s payload is ±1 and its power is shared by the norms of these.',
    'Random-K does not rescale and has error feedback; sketching has one row and none, as in the paper’s code. Random-K and sketching send a tenth of the numbers on the linear model, a fifth elsewhere.',
    'The direction of the paper’s power schedules is not published; ours rise, to nine times the power at the start.',
    'CNN and GPT: two powers, two methods, a few seeds, no verdict. A-DSGD and sketching on the MLP are in the preset complete only.',
    'Milliseconds are those of a run beside others on the same machine; they carry no verdict.',
  ]
}
