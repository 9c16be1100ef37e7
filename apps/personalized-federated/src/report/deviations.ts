import type { Sizes } from '../options.js'

/** Where the study differs from the paper, for the sizes of one preset. */
export function deviations(preset: string, { mnist, regression }: Sizes): string[] {
  const clients = mnist.clusters * mnist.clientsPerCluster
  return [
    'Clients own their pictures: they are dealt out once for each seed and are the same for every method. The reference code draws fresh ones in every epoch, so that its “Local” sees thousands.',
    'The loss is the cross-entropy of the logits. The reference code hands probabilities to a loss that expects logarithms, so that its accuracies and losses cannot be compared with ours number by number.',
    `Every method makes the same number of updates (${mnist.rounds}) from all ${mnist.pictures} pictures of a client; fine-tuning takes its steps out of them. In the paper the baselines take 30 epochs of small batches and FC 50 of full ones.`,
    'No momentum anywhere. The reference code adds heavy-ball momentum to the estimate of FC, and none in the theory.',
    `${preset === 'complete' ? 'As in the paper there are' : 'The paper has 300 clients and an MLP 784-200-10; here there are'} ${clients} clients, pictures of ${mnist.side} × ${mnist.side} and ${mnist.width} hidden units. ${preset === 'complete' ? 'One seed, as in the paper: no verdicts.' : ''}`,
    `The quantile of FC is ${mnist.quantile}, as in the paper; with ${mnist.groups === 1 ? 'no groups' : `${mnist.groups} random groups in every round, as in the paper`}. It is set with the true number of clusters in mind, an advantage that the gap radius does not have.`,
    'IFCA divides by the size of a cluster; the reference code by the number of all clients. kNN uses the paper’s best λ (0.5 for rotation, 0.9 for private labels).',
    'Regression: x ~ N(0, I) for every client, noise of standard deviation 1 and θ* on a sphere, so that only y given x tells clusters apart; the paper has x ~ N(k, 1), no noise, corners of a cube as θ*, and starts near the optimum.',
    'Bit flip sends minus the attacker’s own gradient; the reference code sends minus that of worker 0 from all.',
    `Other sizes of clusters (Figure 3) have a quantile that leaves one member out of the ball; the paper sets 1/K. ${regression.rounds} rounds; the paper has 800.`,
    'CIFAR-10 and CIFAR-100 (Figures 4 and 5), the decentralised variant and the assumption checks (Figure 2) are not part of the study.',
    'Fine-tuning, clustered FL, Myopic and Momentum-Clustering, radii by gap and by MAD, the attack × rule matrix, collusion and the experiments on random starts are ours.',
  ]
}
