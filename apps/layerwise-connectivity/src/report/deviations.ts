import type { Sizes } from '../options.js'

/** Where the study differs from the paper, for the sizes of one preset and the picture sets that are here. */
export function deviations({ mlp, cnn, language, federated }: Sizes, sets: readonly string[]): string[] {
  return [
    `Deep perceptrons (${mlp.depth} hidden layers of ${mlp.width}) and small CNNs (five convolutions) on MNIST and Fashion-MNIST instead of VGG11, ResNet18 without norm layers and MobileNet on CIFAR, which comes with no package. ViT and Pythia are not repeated.`,
    ...(sets.includes('fashion-mnist') ? [] : ['Fashion-MNIST could not be fetched; its arms are left out.']),
    'The two models of a pair see disjoint halves of the training pictures, as federated clients would, in all arms but mlp-order, which has the paper’s setting: the same pictures in another order.',
    `SGD with momentum 0.9, weight decay 5e-4, cosine and warm-up as in the reference code; gradients are clipped to norm 5 besides, since the high rate (${mlp.learningRates.high}) diverged without it at one seed of a pilot.`,
    'Barriers are those of the error on test data at α = ½ against the mean of the two models, as in the paper; figures also show them against the base, because the paper’s baseline has an offset where the two models differ in error.',
    'The equivalence margin of 2 points, 0.05 nats for language models and 2 points of accuracy for federated training are ours; the paper prints heat maps and calls small values no barrier. A claim on “every single layer” tests the largest |barrier| over layers and both bases of each pair.',
    'Training subspaces are those of perceptrons on digits, from weights recorded every few epochs and copied; the paper takes a network of 867 parameters on synthetic data, and its code records views of the living weights.',
    'Deep linear nets: the theorem is tested on pairs of a different start at the low rate, with squared loss on one-hot labels.',
    `Language models have ${language.layers} blocks of width ${language.width} and read characters of Moby-Dick; both draw their training pieces independently from the same text.`,
    `CNNs have ${cnn.width} and ${2 * cnn.width} channels. With batch norm the statistics of every trained model are measured on its own training pictures; those of a mix are mixed, or measured anew on pictures of model a where a claim says so.`,
    `Federated: ${federated.clients} clients instead of 20, ${federated.rounds} rounds of ${federated.localSteps} local steps at the rate of the paper’s code, momentum set back in each round (the reference code keeps it), tests on each client’s own pictures. “first half”, “last half” and “middle” are our choices of layers; the numbers of the paper’s table were not at hand, only what its text and reviews say of them.`,
    'A loss that is not finite, or above 100 nats, counts as 100 nats.',
    'CNNs and language models have few pairs: their claims can be judged from three, with wide intervals.',
  ]
}
