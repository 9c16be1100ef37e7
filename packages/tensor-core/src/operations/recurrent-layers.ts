import { argumentError } from '../errors.js'
import type { Tensor } from '../tensor.js'
import { gru, lstm, type GruResult, type LstmResult, type RecurrentWeights } from './recurrent.js'
import { concat, stack } from './shaping.js'

/** One layer: forwards in time, and backwards, too, when it is bidirectional. */
export interface RecurrentLayer {
  readonly forward: RecurrentWeights
  readonly backward?: RecurrentWeights | undefined
}

/**
 * The layers of a state dict with the names of PyTorch's `nn.LSTM` and `nn.GRU`: `weight_ih_l0`, `weight_hh_l0`,
 * `bias_ih_l0`, `bias_hh_l0`, `…_l1`, `…_reverse`, each after `prefix`. Throws when there is no first layer.
 */
export function recurrentLayers(params: Readonly<Record<string, Tensor>>, prefix = ''): RecurrentLayer[] {
  const weights = (suffix: string): RecurrentWeights | undefined => {
    const [inputWeight, hiddenWeight] = [params[`${prefix}weight_ih_${suffix}`], params[`${prefix}weight_hh_${suffix}`]]
    if (inputWeight === undefined || hiddenWeight === undefined) return undefined
    return {
      inputWeight,
      hiddenWeight,
      inputBias: params[`${prefix}bias_ih_${suffix}`],
      hiddenBias: params[`${prefix}bias_hh_${suffix}`],
    }
  }
  const layers: RecurrentLayer[] = []
  for (;;) {
    const forward = weights(`l${layers.length}`)
    if (forward === undefined) break
    layers.push({ forward, backward: weights(`l${layers.length}_reverse`) })
  }
  if (layers.length === 0) {
    throw argumentError(
      'recurrentLayers',
      `expected ${prefix}weight_ih_l0 and ${prefix}weight_hh_l0, got none of them`,
      {
        fields: { names: Object.keys(params) },
      },
    )
  }
  return layers
}

/** Every layer reads the outputs of the one before, those of both directions joined. */
function overLayers<Result extends { readonly outputs: Tensor }>(
  x: Tensor,
  layers: readonly RecurrentLayer[],
  run: (x: Tensor, weights: RecurrentWeights, reverse: boolean, position: number) => Result,
): { outputs: Tensor; last: Result[] } {
  const last: Result[] = []
  let outputs = x
  for (const { forward, backward } of layers) {
    const results = [run(outputs, forward, false, last.length)]
    if (backward !== undefined) results.push(run(outputs, backward, true, last.length + 1))
    outputs = concat(results.map((result) => result.outputs))
    last.push(...results)
  }
  return { outputs, last }
}

/** States before the first step, one entry a layer and direction in the order forward, backward, forward, …. */
export interface LayersInitial<State> {
  readonly initial?: readonly State[] | undefined
}

/**
 * Stacked, perhaps bidirectional, LSTM over x [batch, time, inputs]: outputs of the last layer [batch, time, directions ·
 * hidden]; hidden and cell [layers · directions, batch, hidden] as PyTorch orders them, which asks for equal sizes.
 */
export function lstmLayers(
  x: Tensor,
  layers: readonly RecurrentLayer[],
  { initial }: LayersInitial<{ readonly hidden: Tensor; readonly cell: Tensor }> = {},
): LstmResult {
  checkLayers('lstmLayers', layers, initial)
  const { outputs, last } = overLayers(x, layers, (input, weights, reverse, i) =>
    lstm(input, weights, { reverse, initial: initial?.[i] }),
  )
  return {
    outputs,
    hidden: stack(last.map(({ hidden }) => hidden)),
    cell: stack(last.map(({ cell }) => cell)),
  }
}

/** Stacked, perhaps bidirectional, GRU: see `lstmLayers`. */
export function gruLayers(
  x: Tensor,
  layers: readonly RecurrentLayer[],
  { initial }: LayersInitial<{ readonly hidden: Tensor }> = {},
): GruResult {
  checkLayers('gruLayers', layers, initial)
  const { outputs, last } = overLayers(x, layers, (input, weights, reverse, i) =>
    gru(input, weights, { reverse, initial: initial?.[i] }),
  )
  return { outputs, hidden: stack(last.map(({ hidden }) => hidden)) }
}

function checkLayers(
  operation: string,
  layers: readonly RecurrentLayer[],
  initial: readonly unknown[] | undefined,
): void {
  if (layers.length === 0) throw argumentError(operation, 'expected at least one layer')
  const count = layers.reduce((total, { backward }) => total + (backward === undefined ? 1 : 2), 0)
  if (initial !== undefined && initial.length !== count) {
    throw argumentError(operation, `expected ${count} initial states, one a layer and direction, got ${initial.length}`)
  }
}
