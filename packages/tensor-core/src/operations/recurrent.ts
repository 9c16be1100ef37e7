import type { Shape, Spec } from '../backend.js'
import { shapeError } from '../errors.js'
import { run } from '../run.js'
import { formatShape } from '../shape.js'
import type { Tensor } from '../tensor.js'
import { add, multiply, subtract } from './binary.js'
import { zeros } from './creation.js'
import { expectDType, expectRank } from './define.js'
import { type Fused, pullThrough } from './fused.js'
import { linear } from './linear.js'
import { flip, reshape, slice, split, squeeze, stack } from './shaping.js'
import { sigmoid, tanh } from './unary.js'

function checkShape(operation: string, what: string, spec: Spec, expected: Shape): void {
  expectDType(operation, spec, 'float32')
  if (spec.shape.length !== expected.length || spec.shape.some((length, axis) => length !== expected[axis])) {
    throw shapeError(operation, `${what} must have shape ${formatShape(expected)}, got ${formatShape(spec.shape)}`, {
      expected,
      shape: spec.shape,
    })
  }
}

/** Batch, time and hidden size of a projection [batch, time, gates · hidden], checked against the recurrent weight. */
function sizes(
  operation: string,
  gates: number,
  projection: Spec,
  weight: Spec,
): { batch: number; time: number; hidden: number } {
  const [batch, time] = projection.shape as [number, number, number]
  const hidden = weight.shape[1]!
  checkShape(operation, 'the hidden weight', weight, [gates * hidden, hidden])
  checkShape(operation, 'the projected input', projection, [batch, time, gates * hidden])
  return { batch, time, hidden }
}

const moment = (x: Tensor, t: number): Tensor => squeeze(slice(x, [undefined, [t, t + 1]]), 1) // [batch, …]

function joined(steps: readonly Tensor[], shape: Shape, like: Tensor): Tensor {
  return steps.length === 0 ? zeros(shape, { backend: like.backend }) : stack(steps, 1)
}

/** Hochreiter & Schmidhuber 1997 with forget gates (Gers et al. 2000); gates in PyTorch's order i, f, g, o. */
const lstmOperation: Fused<'lstm'> = {
  name: 'lstm',
  infer([projection, weight, hidden0, cell0]) {
    const { batch, time, hidden } = sizes('lstm', 4, projection!, weight!)
    checkShape('lstm', 'the initial hidden state', hidden0!, [batch, hidden])
    checkShape('lstm', 'the initial cell state', cell0!, [batch, hidden])
    const states: Spec = { shape: [batch, time, hidden], dtype: 'float32' }
    return [states, states, projection!]
  },
  compose([projection, weight, hidden0, cell0]) {
    const [batch, time, width] = projection!.shape as [number, number, number]
    let [hidden, cell] = [hidden0!, cell0!]
    const steps: { hidden: Tensor; cell: Tensor; gates: Tensor }[] = []
    for (let t = 0; t < time; t++) {
      const [i, f, g, o] = split(add(moment(projection!, t), linear(hidden, weight!)), 4) as [
        Tensor,
        Tensor,
        Tensor,
        Tensor,
      ]
      const gates = [sigmoid(i), sigmoid(f), tanh(g), sigmoid(o)] as const
      cell = add(multiply(gates[1], cell), multiply(gates[0], gates[2]))
      hidden = multiply(gates[3], tanh(cell))
      steps.push({ hidden, cell, gates: reshape(stack(gates, 1), [batch, width]) })
    }
    const shape = [batch, time, width / 4]
    return [
      joined(
        steps.map((step) => step.hidden),
        shape,
        projection!,
      ),
      joined(
        steps.map((step) => step.cell),
        shape,
        projection!,
      ),
      joined(
        steps.map((step) => step.gates),
        projection!.shape,
        projection!,
      ),
    ]
  },
  gradient({ gradients: [g, gCells], inputs, outputs }) {
    const hasCellGradient = gCells !== undefined
    const first = g ?? zeros(outputs[0]!.shape, { backend: outputs[0]!.backend })
    return run(lstmGradientOperation, [first, ...(hasCellGradient ? [gCells] : []), ...inputs, ...outputs], {
      hasCellGradient,
    })
  },
}

const lstmGradientOperation: Fused<'lstmGradient'> = {
  name: 'lstmGradient',
  infer: (inputs, { hasCellGradient }) => inputs.slice(hasCellGradient ? 2 : 1, hasCellGradient ? 6 : 5),
  compose(inputs, { hasCellGradient }) {
    const count = hasCellGradient ? 2 : 1
    return pullThrough(
      (variables) => lstmOperation.compose(variables, {}),
      inputs.slice(count, count + 4),
      inputs.slice(0, count),
      [0, 1, 2, 3],
    )
  },
}

/** Cho et al. 2014, with the reset gate after the product as in PyTorch and cuDNN; gates in the order r, z, n. */
const gruOperation: Fused<'gru'> = {
  name: 'gru',
  infer([projection, weight, bias, hidden0]) {
    const { batch, time, hidden } = sizes('gru', 3, projection!, weight!)
    checkShape('gru', 'the hidden bias', bias!, [3 * hidden])
    checkShape('gru', 'the initial hidden state', hidden0!, [batch, hidden])
    return [
      { shape: [batch, time, hidden], dtype: 'float32' },
      { shape: [batch, time, 4 * hidden], dtype: 'float32' },
    ]
  },
  compose([projection, weight, bias, hidden0]) {
    const [batch, time, width] = projection!.shape as [number, number, number]
    let hidden = hidden0!
    const steps: { hidden: Tensor; gates: Tensor }[] = []
    for (let t = 0; t < time; t++) {
      const [xr, xz, xn] = split(moment(projection!, t), 3) as [Tensor, Tensor, Tensor]
      const [hr, hz, hn] = split(linear(hidden, weight!, bias), 3) as [Tensor, Tensor, Tensor]
      const [r, z] = [sigmoid(add(xr, hr)), sigmoid(add(xz, hz))]
      const n = tanh(add(xn, multiply(r, hn)))
      hidden = add(multiply(subtract(1, z), n), multiply(z, hidden))
      steps.push({ hidden, gates: reshape(stack([r, z, n, hn], 1), [batch, (4 * width) / 3]) })
    }
    return [
      joined(
        steps.map((step) => step.hidden),
        [batch, time, width / 3],
        projection!,
      ),
      joined(
        steps.map((step) => step.gates),
        [batch, time, (4 * width) / 3],
        projection!,
      ),
    ]
  },
  gradient({ gradients: [g], inputs, outputs }) {
    return g === undefined ? [] : run(gruGradientOperation, [g, ...inputs, ...outputs], {})
  },
}

const gruGradientOperation: Fused<'gruGradient'> = {
  name: 'gruGradient',
  infer: (inputs) => inputs.slice(1, 5),
  compose: (inputs) =>
    pullThrough(
      (variables) => gruOperation.compose(variables, {}),
      inputs.slice(1, 5),
      inputs.slice(0, 1),
      [0, 1, 2, 3],
    ),
}

/**
 * The parameters of one layer in one direction, shaped and ordered as PyTorch's `weight_ih_l0`, `weight_hh_l0`,
 * `bias_ih_l0` and `bias_hh_l0`; G is 4 for an LSTM (gates i, f, g, o) and 3 for a GRU (r, z, n).
 */
export interface RecurrentWeights {
  /** [G · hidden, inputs] */
  readonly inputWeight: Tensor
  /** [G · hidden, hidden] */
  readonly hiddenWeight: Tensor
  /** [G · hidden]; none is zeros. */
  readonly inputBias?: Tensor | undefined
  /** [G · hidden]; none is zeros. */
  readonly hiddenBias?: Tensor | undefined
}

export interface LstmOptions {
  /** State before the first step, [batch, hidden] each; default zeros. */
  readonly initial?: { readonly hidden: Tensor; readonly cell: Tensor } | undefined
  /** Read the sequence from its end; outputs stay at their inputs' places. Default false. */
  readonly reverse?: boolean
}

export interface GruOptions {
  /** State before the first step, [batch, hidden]; default zeros. */
  readonly initial?: { readonly hidden: Tensor } | undefined
  /** Read the sequence from its end; outputs stay at their inputs' places. Default false. */
  readonly reverse?: boolean
}

export interface LstmResult {
  /** Hidden states of all steps, [batch, time, hidden]. */
  readonly outputs: Tensor
  /** State after the last step read, [batch, hidden]. */
  readonly hidden: Tensor
  readonly cell: Tensor
}

export interface GruResult {
  /** Hidden states of all steps, [batch, time, hidden]. */
  readonly outputs: Tensor
  /** State after the last step read, [batch, hidden]. */
  readonly hidden: Tensor
}

function prepared(operation: string, x: Tensor, weights: RecurrentWeights): { batch: number; hidden: number } {
  expectRank(operation, 'x', x, 3)
  expectRank(operation, 'the hidden weight', weights.hiddenWeight, 2)
  return { batch: x.shape[0]!, hidden: weights.hiddenWeight.shape[1]! }
}

/** The last state, or the initial one of a sequence without steps. */
function last(states: Tensor, initial: Tensor): Tensor {
  const time = states.shape[1]!
  return time === 0 ? initial : moment(states, time - 1)
}

/**
 * One layer of long short-term memory over x [batch, time, inputs]: i, f, o = σ(·), g = tanh(·) of W x + b + W′ h + b′;
 * c ← f·c + i·g; h ← o·tanh(c). Weights as PyTorch's. float32.
 */
export function lstm(x: Tensor, weights: RecurrentWeights, { initial, reverse = false }: LstmOptions = {}): LstmResult {
  const { batch, hidden } = prepared('lstm', x, weights)
  const { inputBias, hiddenBias } = weights
  const bias =
    inputBias === undefined || hiddenBias === undefined ? (inputBias ?? hiddenBias) : add(inputBias, hiddenBias)
  const before = initial ?? {
    hidden: zeros([batch, hidden], { backend: x.backend }),
    cell: zeros([batch, hidden], { backend: x.backend }),
  }
  const projection = linear(reverse ? flip(x, 1) : x, weights.inputWeight, bias)
  const [states, cells] = run(lstmOperation, [projection, weights.hiddenWeight, before.hidden, before.cell], {})
  return {
    outputs: reverse ? flip(states!, 1) : states!,
    hidden: last(states!, before.hidden),
    cell: last(cells!, before.cell),
  }
}

/**
 * One layer of gated recurrent units over x [batch, time, inputs]: r, z = σ(W x + b + W′ h + b′);
 * n = tanh(W x + b + r·(W′ h + b′)); h ← (1 − z)·n + z·h. Weights as PyTorch's. float32.
 */
export function gru(x: Tensor, weights: RecurrentWeights, { initial, reverse = false }: GruOptions = {}): GruResult {
  const { batch, hidden } = prepared('gru', x, weights)
  const before = initial?.hidden ?? zeros([batch, hidden], { backend: x.backend })
  const hiddenBias = weights.hiddenBias ?? zeros([3 * hidden], { backend: x.backend })
  const projection = linear(reverse ? flip(x, 1) : x, weights.inputWeight, weights.inputBias)
  const [states] = run(gruOperation, [projection, weights.hiddenWeight, hiddenBias, before], {})
  return { outputs: reverse ? flip(states!, 1) : states!, hidden: last(states!, before) }
}
