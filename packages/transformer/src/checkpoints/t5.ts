/**
 * T5 v1.0 and v1.1 (Raffel et al. 2020), `T5ForConditionalGeneration` of transformers: RMS norms, no biases, unscaled
 * scores, relative positions whose table of the first block serves all. v1.0 has ReLU, and an output layer that shares
 * the embedding and divides by √width; v1.1 gated GELU and an output layer of its own.
 */
import { obstaclesOf, type EncoderDecoderFormat, type FileTensor } from './checkpoint-format.js'

const projections = {
  relu: 'relu',
  gelu: 'gelu',
  'gated-gelu': 'gated-gelu-tanh',
  'gated-silu': 'swiglu',
  gelu_new: 'gelu-tanh',
} as const

export const t5: EncoderDecoderFormat = {
  type: 't5',
  architecture: 'T5ForConditionalGeneration',
  prefix: '',

  readOptions(fields, has) {
    const width = fields.number('d_model')
    const dropout = fields.number('dropout_rate', 0.1)
    const layers = fields.number('num_layers')
    const isScaled = fields.boolean('scale_decoder_outputs', fields.boolean('tie_word_embeddings', true))
    return {
      vocabularySize: fields.number('vocab_size'),
      width,
      heads: fields.number('num_heads'),
      headWidth: fields.number('d_kv'),
      // The positions have no end; published files name the length of training, or nothing.
      contextLength: fields.number('n_positions', 512),
      encoderLayers: layers,
      decoderLayers: fields.number('num_decoder_layers', layers),
      startToken: fields.number('decoder_start_token_id', fields.number('pad_token_id', 0)),
      feedForwardWidth: fields.number('d_ff'),
      activation: fields.choice('feed_forward_proj', projections, 'relu'),
      norm: 'rms',
      normEpsilon: fields.number('layer_norm_epsilon', 1e-6),
      positions: 'relative',
      relative: {
        buckets: fields.number('relative_attention_num_buckets', 32),
        maximumDistance: fields.number('relative_attention_max_distance', 128),
      },
      attentionScale: 1,
      tiedHead: !has('lm_head.weight'),
      headScale: isScaled ? 1 / Math.sqrt(width) : 1,
      dropout,
      attentionDropout: dropout,
      activationDropout: dropout,
      finalDropout: dropout,
    }
  },

  writeConfig(config) {
    const { width, headScale, activation } = config
    const projection = Object.entries(projections).find(([, ours]) => ours === activation)?.[0]
    return {
      obstacles: [
        ...obstaclesOf(config, {
          norm: 'rms',
          normPlacement: 'pre',
          bias: false,
          embeddingNorm: false,
          embeddingScale: 1,
          positions: 'relative',
          keyValueHeads: config.heads,
          attentionScale: 1,
          headBias: false,
          attentionDropout: config.dropout,
          activationDropout: config.dropout,
          finalDropout: config.dropout,
        }),
        ...(projection === undefined ? [`activation: "${activation}" is not one of this family`] : []),
        ...(headScale === 1 || headScale === 1 / Math.sqrt(width)
          ? []
          : [`headScale: expected 1 or 1 / √width, got ${headScale}`]),
      ],
      fields: {
        vocab_size: config.vocabularySize,
        d_model: width,
        num_heads: config.heads,
        d_kv: config.headWidth,
        n_positions: config.contextLength,
        num_layers: config.encoderLayers,
        num_decoder_layers: config.decoderLayers,
        decoder_start_token_id: config.startToken,
        d_ff: config.feedForwardWidth,
        feed_forward_proj: projection,
        layer_norm_epsilon: config.normEpsilon,
        relative_attention_num_buckets: config.relative.buckets,
        relative_attention_max_distance: config.relative.maximumDistance,
        tie_word_embeddings: headScale !== 1,
        scale_decoder_outputs: headScale !== 1,
        dropout_rate: config.dropout,
        is_encoder_decoder: true,
      },
    }
  },

  tensors(config) {
    const { vocabularySize, width, heads, headWidth, feedForwardWidth, relative, tiedHead } = config
    const inner = heads * headWidth
    const list: FileTensor[] = []
    const add = (name: string, shape: number[], part: string): void =>
      void list.push({ name: `${name}.weight`, shape, parts: [`${part}.weight`] })
    list.push({
      name: 'shared.weight',
      aliases: ['encoder.embed_tokens.weight', 'decoder.embed_tokens.weight'],
      shape: [vocabularySize, width],
      parts: ['embedding.weight'],
    })
    for (const side of ['encoder', 'decoder'] as const) {
      const attention = (layer: string, name: string, own: string): void => {
        add(`${layer}.layer_norm`, [width], `${own}_norm`)
        for (const [theirs, part] of Object.entries({ q: 'query', k: 'key', v: 'value' }))
          add(`${layer}.${name}.${theirs}`, [inner, width], `${own}.${part}`)
        add(`${layer}.${name}.o`, [width, inner], `${own}.output`)
      }
      const first = `${side}.block.0.layer.0.SelfAttention.relative_attention_bias`
      add(first, [relative.buckets, heads], `${side}.relative_bias`)
      const layers = side === 'encoder' ? config.encoderLayers : config.decoderLayers
      for (let i = 0; i < layers; i++) {
        const ours = `${side}.blocks.${i}`
        const layer = (number: number): string => `${side}.block.${i}.layer.${number}`
        attention(layer(0), 'SelfAttention', `${ours}.attention`)
        if (side === 'decoder') attention(layer(1), 'EncDecAttention', `${ours}.cross_attention`)
        const last = layer(side === 'decoder' ? 2 : 1)
        add(`${last}.layer_norm`, [width], `${ours}.feed_forward_norm`)
        const isGated = config.activation === 'swiglu' || config.activation.startsWith('gated')
        if (isGated) add(`${last}.DenseReluDense.wi_0`, [feedForwardWidth, width], `${ours}.feed_forward.gate`)
        add(`${last}.DenseReluDense.${isGated ? 'wi_1' : 'wi'}`, [feedForwardWidth, width], `${ours}.feed_forward.up`)
        add(`${last}.DenseReluDense.wo`, [width, feedForwardWidth], `${ours}.feed_forward.down`)
      }
      add(`${side}.final_layer_norm`, [width], `${side}.final_norm`)
    }
    if (!tiedHead) add('lm_head', [vocabularySize, width], 'head')
    return list
  },

  // Some files of v1.0 hold a table for attention to the source, which the model does not use.
  ignores: (name) => /embed_tokens\.weight$|EncDecAttention\.relative_attention_bias\.weight$/.test(name),
}
