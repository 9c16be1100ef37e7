import type { ApplyContext } from '../model.js'
import type { StackConfig } from '../config.js'
import { optionError } from '../option-check.js'
import { sampleCapacities } from './capacity-samplers.js'

/**
 * Which tokens of a Mixture of Repeats go on after each of the first R − 1 repeats.
 *
 * `capacities`: the tokens with the highest scores, so many of each sequence; part i of all tokens goes on after repeat i,
 * none larger than the one before. A token's way then depends on later tokens: not for generation.
 * `thresholds`: a token goes on after repeat i when the sigmoid of its score exceeds number i. Causal.
 */
export type Routing = { readonly capacities: readonly number[] } | { readonly thresholds: readonly number[] }

function checkNumbers(name: string, numbers: unknown, count: number): readonly number[] {
  if (!Array.isArray(numbers) || numbers.length !== count)
    throw optionError(name, `${count} numbers, one after each repeat but the last`, numbers)
  numbers.forEach((value: unknown, i) => {
    if (typeof value !== 'number' || !(value >= 0 && value <= 1))
      throw optionError(`${name}[${i}]`, 'a number from 0 to 1', value)
  })
  return numbers as number[]
}

/** The same capacities; throws `invalid-option` unless there are `count`, from 0 to 1, none larger than the one before. */
export function checkCapacities(name: string, capacities: unknown, count: number): readonly number[] {
  const numbers = checkNumbers(name, capacities, count)
  numbers.forEach((value, i) => {
    if (i > 0 && value > numbers[i - 1]!)
      throw optionError(
        `${name}[${i}]`,
        `at most the ${numbers[i - 1]} before it`,
        value,
        'a token that stopped is done',
      )
  })
  return numbers
}

/** The same routing; throws `invalid-option` unless it fits the stack. */
export function checkRouting(routing: Routing, { halting, repeats }: StackConfig): Routing {
  if (halting !== 'mixture-of-repeats') {
    const help = 'stack.halting "mixture-of-repeats" makes a model with routers'
    throw optionError('routing', 'none: this model has no routers', routing, help)
  }
  if ('thresholds' in routing) checkNumbers('routing.thresholds', routing.thresholds, repeats - 1)
  else checkCapacities('routing.capacities', (routing as { capacities?: unknown }).capacities, repeats - 1)
  return routing
}

/** The routing of a pass: the one asked for; in training the configured capacities; else all tokens take all repeats. */
export function routingOf(stack: StackConfig, { routing, training, key }: ApplyContext): Routing {
  if (routing !== undefined) return checkRouting(routing, stack)
  const count = stack.repeats - 1
  if (training === false || key === undefined) return { capacities: new Array<number>(count).fill(1) }
  if (typeof stack.capacities !== 'string') return { capacities: stack.capacities }
  return { capacities: sampleCapacities(stack.capacities, count, key.foldIn('capacities')) }
}

/** How many of `tokens` go on at a capacity; rounding down, whatever binary fractions make of it. */
export function tokensAtCapacity(capacity: number, tokens: number): number {
  return Math.min(tokens, Math.floor(capacity * tokens + 1e-9))
}
