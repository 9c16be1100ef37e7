import { gru, lstm, type RecurrentWeights } from '../../operations/index.js'
import type { Tensor } from '../../tensor.js'
import type { Case } from '../case.js'
import type { Tolerance } from '../compare.js'
import { normal, type HostValues } from '../host-values.js'

const squashed: Tolerance = { relative: 2e-5, scaled: 5e-6 }

interface Sizes {
  readonly batch: number
  readonly time: number
  readonly inputs: number
  readonly hidden: number
}

function weights(gates: number, { inputs, hidden }: Sizes): HostValues[] {
  const width = gates * hidden
  const deviation = 1 / Math.sqrt(hidden)
  return [
    normal([width, inputs], 2, deviation),
    normal([width, hidden], 3, deviation),
    normal([width], 4, 0.3),
    normal([width], 5, 0.3),
  ]
}
const named = ([inputWeight, hiddenWeight, inputBias, hiddenBias]: readonly Tensor[]): RecurrentWeights => ({
  inputWeight: inputWeight!,
  hiddenWeight: hiddenWeight!,
  inputBias,
  hiddenBias,
})

function recurrent(
  operation: 'lstm' | 'gru',
  sizes: Sizes,
  rest: { states?: boolean; biases?: boolean; reverse?: boolean; only?: 'outputs' | 'hidden' } & Partial<Case> = {},
): Case {
  const { states = true, biases = true, reverse = false, only, ...overrides } = rest
  const { batch, time, inputs, hidden } = sizes
  const stateInputs = states ? [normal([batch, hidden], 6), normal([batch, hidden], 7)] : []
  return {
    operation,
    name: `${operation} [${batch}, ${time}, ${inputs}] to ${hidden}${states ? ' from a state' : ''}${biases ? '' : ' without biases'}${reverse ? ' reversed' : ''}${only === undefined ? '' : `, ${only} only`}`,
    inputs: () => [
      normal([batch, time, inputs], 1),
      ...weights(operation === 'lstm' ? 4 : 3, sizes).slice(0, biases ? 4 : 2),
      ...stateInputs.slice(0, operation === 'lstm' ? 2 : 1),
    ],
    compute([x, ...others]) {
      const parameters = named(biases ? others.slice(0, 4) : others.slice(0, 2))
      const [first, second] = others.slice(biases ? 4 : 2)
      const result =
        operation === 'lstm'
          ? lstm(x!, parameters, { reverse, initial: states ? { hidden: first!, cell: second! } : undefined })
          : gru(x!, parameters, { reverse, initial: states ? { hidden: first! } : undefined })
      return only === undefined ? Object.values(result as unknown as Record<string, Tensor>) : result[only]
    },
    tolerance: squashed,
    ...overrides,
  }
}

export const recurrentCases: readonly Case[] = (['lstm', 'gru'] as const).flatMap((operation) => [
  recurrent(operation, { batch: 2, time: 3, inputs: 2, hidden: 2 }),
  recurrent(operation, { batch: 1, time: 1, inputs: 1, hidden: 1 }, { states: false }),
  recurrent(operation, { batch: 2, time: 2, inputs: 1, hidden: 3 }, { biases: false, reverse: true }),
  recurrent(operation, { batch: 2, time: 3, inputs: 2, hidden: 2 }, { only: 'hidden' }),
  recurrent(operation, { batch: 3, time: 0, inputs: 2, hidden: 2 }, { smooth: false }),
  recurrent(operation, { batch: 0, time: 2, inputs: 2, hidden: 2 }, { smooth: false }),
  recurrent(operation, { batch: 37, time: 6, inputs: 19, hidden: 21 }, { smooth: false }),
  recurrent(operation, { batch: 32, time: 12, inputs: 32, hidden: 64 }, { smooth: false, only: 'outputs' }),
])
