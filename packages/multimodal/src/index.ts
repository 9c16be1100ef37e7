export { missingByClass } from './missing-by-class.js'
export { missingCompletelyAtRandom } from './missing-completely-at-random.js'
export { combinePatterns, missingShares, rowsWith, type MissingPattern } from './missing-pattern.js'
