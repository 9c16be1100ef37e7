import type { RandomKey } from '@lemanic/tensor-core'
import type { ProblemName } from '../arms.js'
import type { LaserData } from '../data.js'
import type { LaserOptions } from '../options.js'
import { convolutionalProblem } from './convolutional.js'
import { denseProblem } from './dense.js'
import { digitSets } from './digits.js'
import type { Problem } from './problem.js'
import { textProblem } from './text.js'

/** The problem of a seed, the same for all arms. */
export function makeProblem(name: ProblemName, data: LaserData, options: LaserOptions, key: RandomKey): Problem {
  const { workers, context } = options
  const { batch, width } = options.problems[name]
  const shared = { workers, batch, width, key }
  switch (name) {
    case 'linear':
    case 'mlp':
      return denseProblem(digitSets(data, options, key), shared)
    case 'cnn':
      return convolutionalProblem(digitSets(data, options, key), shared)
    case 'gpt':
      return textProblem(data, { ...shared, context })
  }
}
