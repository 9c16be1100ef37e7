import { LemanicError, ones, randomNormal, zeros } from '@lemanic/tensor-core'
import type { Params, RandomKey, Tensor } from '@lemanic/tensor-core'
import { distinctBlocks, type DecoderConfig } from './config.js'

/** Name, shape and initial values of one parameter. */
export interface ParameterSpec {
  readonly name: string
  readonly shape: readonly number[]
  /** Standard deviation of normal values, or one value everywhere. */
  readonly initial: { readonly standardDeviation: number } | { readonly value: 0 | 1 }
}

/** Every parameter of the decoder, in the order in which the model uses them first. Shared weights are listed once. */
export function describeParameters(config: DecoderConfig): ParameterSpec[] {
  const { width, heads, keyValueHeads, feedForwardWidth, vocabularySize, contextLength, stack } = config
  const distinct = distinctBlocks(stack)
  const { standardDeviation, scaleResidual } = config.initialization
  const normal = { standardDeviation }
  const residual = {
    standardDeviation: scaleResidual ? standardDeviation / Math.sqrt(2 * distinct) : standardDeviation,
  }
  const keyWidth = (width / heads) * keyValueHeads
  const specs: ParameterSpec[] = []

  const linear = (name: string, out: number, inputs: number, initial: ParameterSpec['initial']): void => {
    specs.push({ name: `${name}.weight`, shape: [out, inputs], initial })
    if (config.bias) specs.push({ name: `${name}.bias`, shape: [out], initial: { value: 0 } })
  }
  const norm = (name: string): void => {
    specs.push({ name: `${name}.weight`, shape: [width], initial: { value: 1 } })
    if (config.normBias) specs.push({ name: `${name}.bias`, shape: [width], initial: { value: 0 } })
  }

  specs.push({ name: 'embedding.weight', shape: [vocabularySize, width], initial: normal })
  if (config.positions === 'learned')
    specs.push({ name: 'position_embedding.weight', shape: [contextLength, width], initial: normal })
  if (stack.depthEmbedding !== 'none') {
    specs.push({
      name: 'depth_embedding.weight',
      shape: [stack.depthEmbedding === 'linear' ? 1 : stack.repeats, width],
      initial: normal,
    })
  }
  for (let i = 0; i < distinct; i++) {
    norm(`blocks.${i}.attention_norm`)
    linear(`blocks.${i}.attention.query`, width, width, normal)
    linear(`blocks.${i}.attention.key`, keyWidth, width, normal)
    linear(`blocks.${i}.attention.value`, keyWidth, width, normal)
    linear(`blocks.${i}.attention.output`, width, width, residual)
    norm(`blocks.${i}.feed_forward_norm`)
    if (config.activation === 'swiglu') linear(`blocks.${i}.feed_forward.gate`, feedForwardWidth, width, normal)
    linear(`blocks.${i}.feed_forward.up`, feedForwardWidth, width, normal)
    linear(`blocks.${i}.feed_forward.down`, width, feedForwardWidth, residual)
  }
  if (stack.repeatNorm) norm('repeat_norm')
  norm('final_norm')
  if (!config.tiedHead) specs.push({ name: 'head.weight', shape: [vocabularySize, width], initial: normal })
  return specs
}

/**
 * Initial parameters. Each tensor depends on the key, its own name, shape and standard deviation only, so that models
 * of one key share the initial values of all parameters that they have in common, whatever their stacks.
 */
export function initializeParameters(specs: readonly ParameterSpec[], key: RandomKey): Params {
  const params: Record<string, Tensor> = {}
  for (const { name, shape, initial } of specs) {
    if ('standardDeviation' in initial) params[name] = randomNormal(key.foldIn(name), shape, initial)
    else params[name] = initial.value === 1 ? ones(shape) : zeros(shape)
  }
  return params
}

/**
 * Throws `LemanicError` `invalid-parameters` listing every parameter that is missing or has another shape than the
 * model's; parameters that the model does not know are left alone.
 */
export function checkParameters(specs: readonly ParameterSpec[], params: Params): void {
  const problems: string[] = []
  for (const { name, shape } of specs) {
    const got = params[name]?.shape
    if (got === undefined) problems.push(`${name} is missing, expected [${shape.join(', ')}]`)
    else if (got.length !== shape.length || got.some((length, axis) => length !== shape[axis])) {
      problems.push(`${name} has shape [${got.join(', ')}], expected [${shape.join(', ')}]`)
    }
  }
  if (problems.length > 0) {
    throw new LemanicError('invalid-parameters', `the parameters do not fit the model: ${problems.join('; ')}`, {
      fields: { problems },
      help: 'take them from the init of a model with the same configuration',
    })
  }
}
