import { LemanicError, ones, randomNormal, zeros } from '@lemanic/tensor-core'
import type { Params, RandomKey, Tensor } from '@lemanic/tensor-core'
import { isGated, type BlockConfig } from './blocks/block-config.js'
import { distinctBlocks, type DecoderConfig, type EncoderDecoderConfig } from './config.js'

/** Name, shape and initial values of one parameter. */
export interface ParameterSpec {
  readonly name: string
  readonly shape: readonly number[]
  /** Standard deviation of normal values, or one value everywhere. */
  readonly initial: { readonly standardDeviation: number } | { readonly value: 0 | 1 }
}

type Initial = ParameterSpec['initial']

/** Lists parameters in the order in which a model uses them first. */
class SpecList {
  readonly specs: ParameterSpec[] = []
  readonly #residual: Initial

  constructor(
    readonly config: BlockConfig,
    readonly distinct: number,
  ) {
    const { standardDeviation, scaleResidual } = config.initialization
    this.#residual = {
      standardDeviation: scaleResidual ? standardDeviation / Math.sqrt(2 * distinct) : standardDeviation,
    }
  }

  add(name: string, shape: readonly number[], initial: Initial = this.config.initialization): void {
    this.specs.push({
      name,
      shape,
      initial: 'value' in initial ? initial : { standardDeviation: initial.standardDeviation },
    })
  }

  linear(name: string, out: number, inputs: number, initial?: Initial): void {
    this.add(`${name}.weight`, [out, inputs], initial)
    if (this.config.bias) this.add(`${name}.bias`, [out], { value: 0 })
  }

  norm(name: string): void {
    this.add(`${name}.weight`, [this.config.width], { value: 1 })
    if (this.config.normBias) this.add(`${name}.bias`, [this.config.width], { value: 0 })
  }

  attention(name: string): void {
    const { width, heads, keyValueHeads, headWidth } = this.config
    this.norm(`${name}_norm`)
    this.linear(`${name}.query`, heads * headWidth, width)
    this.linear(`${name}.key`, keyValueHeads * headWidth, width)
    this.linear(`${name}.value`, keyValueHeads * headWidth, width)
    this.linear(`${name}.output`, width, heads * headWidth, this.#residual)
  }

  block(name: string, hasSource = false): void {
    const { width, feedForwardWidth } = this.config
    this.attention(`${name}.attention`)
    if (hasSource) this.attention(`${name}.cross_attention`)
    this.norm(`${name}.feed_forward_norm`)
    if (isGated(this.config)) this.linear(`${name}.feed_forward.gate`, feedForwardWidth, width)
    this.linear(`${name}.feed_forward.up`, feedForwardWidth, width)
    this.linear(`${name}.feed_forward.down`, width, feedForwardWidth, this.#residual)
  }

  /** What comes before the blocks, but for the table of tokens. */
  entrance(prefix: string): void {
    const { positions, positionOffset, contextLength, width, relative, heads, embeddingNorm } = this.config
    if (positions === 'learned') this.add(`${prefix}position_embedding.weight`, [positionOffset + contextLength, width])
    if (embeddingNorm) this.norm(`${prefix}embedding_norm`)
    if (positions === 'relative') this.add(`${prefix}relative_bias.weight`, [relative.buckets, heads])
  }

  finalNorm(name: string): void {
    if (this.config.normPlacement === 'pre') this.norm(name)
  }

  head(): void {
    const { tiedHead, headBias, vocabularySize, width } = this.config
    if (!tiedHead) this.add('head.weight', [vocabularySize, width])
    if (headBias) this.add('head.bias', [vocabularySize], { value: 0 })
  }
}

/** Every parameter of the decoder, in the order in which the model uses them first. Shared weights are listed once. */
export function describeParameters(config: DecoderConfig): ParameterSpec[] {
  const { width, vocabularySize, stack } = config
  const list = new SpecList(config, distinctBlocks(stack))
  list.add('embedding.weight', [vocabularySize, width])
  list.entrance('')
  if (config.pauseTokens > 0) list.add('pause_embedding.weight', [config.pauseTokens, width])
  if (stack.depthEmbedding !== 'none')
    list.add('depth_embedding.weight', [stack.depthEmbedding === 'linear' ? 1 : stack.repeats, width])
  for (let i = 0; i < list.distinct; i++) list.block(`blocks.${i}`)
  if (stack.repeatNorm) list.norm('repeat_norm')
  halting(list, stack, width)
  list.finalNorm('final_norm')
  list.head()
  return list.specs
}

/** Routers after repeats 1 … R − 1, the gate of stick-breaking, or PonderNet's halting layers. */
function halting(list: SpecList, { halting: kind, repeats }: DecoderConfig['stack'], width: number): void {
  if (kind === 'stick-breaking') {
    list.add('halting.hidden.weight', [width, width])
    list.add('halting.hidden.bias', [width], { value: 0 })
    list.add('halting.output.weight', [2, width], { value: 0 })
  }
  for (let i = 1; i < repeats; i++) {
    if (kind === 'mixture-of-repeats') list.add(`routers.${i}.weight`, [1, width])
    if (kind !== 'ponder-net') continue
    list.add(`halting.${i}.weight`, [1, width])
    list.add(`halting.${i}.bias`, [1], { value: 0 })
  }
}

/** Every parameter of the encoder–decoder; one embedding serves both sides. */
export function describeEncoderDecoderParameters(config: EncoderDecoderConfig): ParameterSpec[] {
  const list = new SpecList(config, config.encoderLayers + config.decoderLayers)
  list.add('embedding.weight', [config.vocabularySize, config.width])
  for (const side of ['encoder', 'decoder'] as const) {
    list.entrance(`${side}.`)
    const layers = side === 'encoder' ? config.encoderLayers : config.decoderLayers
    for (let i = 0; i < layers; i++) list.block(`${side}.blocks.${i}`, side === 'decoder')
    list.finalNorm(`${side}.final_norm`)
  }
  list.head()
  return list.specs
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
