import type { PrepareStudy } from './study-package.js'

/** One line of the table of studies. */
export interface StudyEntry {
  readonly name: string
  readonly paper: string
  readonly venue: string
  readonly url: string
  /** The npm name of the study's package and how to load it; absent while the study is not there yet. */
  readonly package?: { readonly name: string; readonly load: () => Promise<PrepareStudy> }
}

/** The ten studies. Adding one is giving its line a `package`. */
export const studies: readonly StudyEntry[] = [
  {
    name: 'cotformer',
    paper: 'CoTFormer: A Chain-of-Thought Driven Architecture with Budget-Adaptive Computation Cost at Inference',
    venue: 'ICLR 2025',
    url: 'https://arxiv.org/abs/2310.10845',
    package: {
      name: '@lemanic/app-cotformer',
      load: async () => (await import('@lemanic/app-cotformer')).prepareStudy,
    },
  },
  {
    name: 'laser',
    paper: 'LASER: Linear Compression in Wireless Distributed Optimization',
    venue: 'ICML 2024',
    url: 'https://arxiv.org/abs/2310.13033',
    package: {
      name: '@lemanic/app-laser',
      load: async () => (await import('@lemanic/app-laser')).prepareStudy,
    },
  },
  {
    name: 'multimodn',
    paper: 'MultiModN: Multimodal, Multi-Task, Interpretable Modular Networks',
    venue: 'NeurIPS 2023',
    url: 'https://arxiv.org/abs/2309.14118',
    package: {
      name: '@lemanic/app-multimodn',
      load: async () => (await import('@lemanic/app-multimodn')).prepareStudy,
    },
  },
  {
    name: 'layerwise-connectivity',
    paper: 'Layer-wise Linear Mode Connectivity',
    venue: 'ICLR 2024',
    url: 'https://arxiv.org/abs/2307.06966',
    package: {
      name: '@lemanic/app-layerwise-connectivity',
      load: async () => (await import('@lemanic/app-layerwise-connectivity')).prepareStudy,
    },
  },
  {
    name: 'data-ordering',
    paper: 'On Convergence of Incremental Gradient for Non-Convex Smooth Functions',
    venue: 'ICML 2024',
    url: 'https://arxiv.org/abs/2305.19259',
    package: {
      name: '@lemanic/app-data-ordering',
      load: async () => (await import('@lemanic/app-data-ordering')).prepareStudy,
    },
  },
  {
    name: 'personalized-federated',
    paper: 'Provably Personalized and Robust Federated Learning',
    venue: 'TMLR 2023',
    url: 'https://arxiv.org/abs/2306.08393',
    package: {
      name: '@lemanic/app-personalized-federated',
      load: async () => (await import('@lemanic/app-personalized-federated')).prepareStudy,
    },
  },
  {
    name: 'doge',
    paper: 'DoGE: Domain Reweighting with Generalization Estimation',
    venue: 'ICML 2024',
    url: 'https://arxiv.org/abs/2310.15393',
  },
  {
    name: 'irreducible-curriculum',
    paper: 'Irreducible Curriculum for Language Model Pretraining',
    venue: 'arXiv 2023',
    url: 'https://arxiv.org/abs/2310.15389',
  },
  {
    name: 'topic-summarization',
    paper: 'Controllable Topic-Focused Abstractive Summarization',
    venue: 'arXiv 2023',
    url: 'https://arxiv.org/abs/2311.06724',
  },
  {
    name: 'meditron',
    paper: 'MEDITRON-70B: Scaling Medical Pretraining for Large Language Models',
    venue: 'arXiv 2023',
    url: 'https://arxiv.org/abs/2311.16079',
  },
]
