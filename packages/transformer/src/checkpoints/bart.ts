/** BART (Lewis et al. 2020), `BartForConditionalGeneration` of transformers: post-norm, learned positions from row 2 on. */
import { activationName, activationNames, activationObstacle } from './activation-names.js'
import { obstaclesOf, type EncoderDecoderFormat } from './checkpoint-format.js'
import { TensorList } from './tensor-list.js'

export const bart: EncoderDecoderFormat = {
  type: 'bart',
  architecture: 'BartForConditionalGeneration',
  prefix: 'model.',

  readOptions(fields) {
    const width = fields.number('d_model')
    const heads = fields.number('encoder_attention_heads', 16)
    const feedForwardWidth = fields.number('encoder_ffn_dim', 4096)
    fields.expect('decoder_attention_heads', heads)
    fields.expect('decoder_ffn_dim', feedForwardWidth)
    for (const name of ['normalize_before', 'add_final_layer_norm', 'static_position_embeddings'])
      fields.expect(name, false)
    return {
      vocabularySize: fields.number('vocab_size'),
      width,
      heads,
      contextLength: fields.number('max_position_embeddings', 1024),
      encoderLayers: fields.number('encoder_layers', 12),
      decoderLayers: fields.number('decoder_layers', 12),
      startToken: fields.number('decoder_start_token_id', 2),
      feedForwardWidth,
      activation: fields.choice('activation_function', activationNames, 'gelu'),
      normPlacement: 'post',
      normBias: true,
      bias: true,
      embeddingNorm: true,
      embeddingScale: fields.boolean('scale_embedding', false) ? Math.sqrt(width) : 1,
      positions: 'learned',
      positionOffset: 2,
      tiedHead: fields.boolean('tie_word_embeddings', true),
      headBias: 'fixed', // a buffer there: part of the model, but not learned
      dropout: fields.number('dropout', 0.1),
      attentionDropout: fields.number('attention_dropout', 0),
      activationDropout: fields.number('activation_dropout', 0),
      initialization: { standardDeviation: fields.number('init_std', 0.02) },
    }
  },

  writeConfig(config) {
    const { width, embeddingScale } = config
    return {
      obstacles: [
        ...obstaclesOf(config, {
          norm: 'layer',
          normPlacement: 'post',
          normBias: true,
          normEpsilon: 1e-5,
          bias: true,
          embeddingNorm: true,
          positions: 'learned',
          positionOffset: 2,
          keyValueHeads: config.heads,
          headWidth: width / config.heads,
          attentionScale: 1 / Math.sqrt(config.headWidth),
          headBias: config.headBias === true ? true : 'fixed',
          headScale: 1,
          finalDropout: 0,
        }),
        ...activationObstacle(config.activation),
        ...(embeddingScale === 1 || embeddingScale === Math.sqrt(width)
          ? []
          : [`embeddingScale: expected 1 or √width, got ${embeddingScale}`]),
      ],
      fields: {
        vocab_size: config.vocabularySize,
        d_model: width,
        encoder_attention_heads: config.heads,
        decoder_attention_heads: config.heads,
        encoder_ffn_dim: config.feedForwardWidth,
        decoder_ffn_dim: config.feedForwardWidth,
        encoder_layers: config.encoderLayers,
        decoder_layers: config.decoderLayers,
        max_position_embeddings: config.contextLength,
        decoder_start_token_id: config.startToken,
        activation_function: activationName(config.activation),
        scale_embedding: embeddingScale !== 1,
        tie_word_embeddings: config.tiedHead,
        dropout: config.dropout,
        attention_dropout: config.attentionDropout,
        activation_dropout: config.activationDropout,
        init_std: config.initialization.standardDeviation,
        is_encoder_decoder: true,
      },
    }
  },

  tensors({ vocabularySize, width, contextLength, feedForwardWidth, tiedHead, ...config }) {
    const list = new TensorList(true)
    const aliases = ['model.encoder.embed_tokens.weight', 'model.decoder.embed_tokens.weight']
    list.add('model.shared.weight', [vocabularySize, width], 'embedding.weight', { aliases })
    for (const side of ['encoder', 'decoder'] as const) {
      const positions = `${side}.position_embedding.weight`
      list.add(`model.${side}.embed_positions.weight`, [contextLength + 2, width], positions)
      list.norm(`model.${side}.layernorm_embedding`, width, `${side}.embedding_norm`)
      const layers = side === 'encoder' ? config.encoderLayers : config.decoderLayers
      for (let i = 0; i < layers; i++) {
        const [theirs, ours] = [`model.${side}.layers.${i}`, `${side}.blocks.${i}`]
        const attention = (name: string, own: string): void => {
          const projections = { q_proj: 'query', k_proj: 'key', v_proj: 'value', out_proj: 'output' }
          for (const [projection, part] of Object.entries(projections))
            list.linear(`${theirs}.${name}.${projection}`, width, width, `${ours}.${own}.${part}`)
          list.norm(`${theirs}.${name}_layer_norm`, width, `${ours}.${own}_norm`)
        }
        attention('self_attn', 'attention')
        if (side === 'decoder') attention('encoder_attn', 'cross_attention')
        list.linear(`${theirs}.fc1`, feedForwardWidth, width, `${ours}.feed_forward.up`)
        list.linear(`${theirs}.fc2`, width, feedForwardWidth, `${ours}.feed_forward.down`)
        list.norm(`${theirs}.final_layer_norm`, width, `${ours}.feed_forward_norm`)
      }
    }
    if (!tiedHead) list.add('lm_head.weight', [vocabularySize, width], 'head.weight')
    list.add('final_logits_bias', [1, vocabularySize], 'head.bias', { row: true, optional: true })
    return list.tensors
  },

  ignores: (name) =>
    /embed_tokens\.weight$|^(model\.)?(encoder|decoder)\.version$/.test(name) || name === 'lm_head.weight',
}
