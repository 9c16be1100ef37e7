export { fillRandomBits } from './bits.js'
export { fillRandomUniform } from './uniform.js'
export { fillRandomNormal, standardNormalFromBits } from './normal.js'
export { threefry2x32 } from './threefry.js'
export { RandomKey, randomKey } from './key.js'
export { RandomStream } from './random-stream.js'
export {
  fillBernoulli,
  fillRandomIntegers,
  randomCategorical,
  randomInteger,
  randomPermutation,
  shuffle,
} from './distributions.js'
