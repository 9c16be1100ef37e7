import { checkNumber } from '../refuse.js'
import type { StepOptions } from './algorithm.js'

/** Throws unless learning rate and momentum are possible. */
export function checkSteps(where: string, { learningRate, momentum = 0 }: StepOptions): void {
  checkNumber(where, 'learningRate', learningRate, (x) => x >= 0 && x < Infinity, 'a finite number ≥ 0')
  checkNumber(where, 'momentum', momentum, (x) => x >= 0 && x < 1, 'a number from 0 to below 1')
}
