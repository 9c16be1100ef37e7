/** GPT-2 (Radford et al. 2019), `GPT2LMHeadModel` of transformers: matrices kept as [in, out], query, key and value joined. */
import { activationName, activationNames, activationObstacle } from './activation-names.js'
import { obstaclesOf, standardStack, type DecoderFormat } from './checkpoint-format.js'
import { queryKeyValue, TensorList } from './tensor-list.js'

export const gpt2: DecoderFormat = {
  type: 'gpt2',
  architecture: 'GPT2LMHeadModel',
  prefix: 'transformer.',

  readOptions(fields) {
    fields.expect('scale_attn_weights', true)
    fields.expect('scale_attn_by_inverse_layer_idx', false)
    fields.expect('add_cross_attention', false)
    const width = fields.number('n_embd', 768)
    return {
      vocabularySize: fields.number('vocab_size'),
      width,
      heads: fields.number('n_head', 12),
      contextLength: fields.number('n_positions', fields.number('n_ctx', 1024)),
      stack: { layers: fields.number('n_layer', 12) },
      feedForwardWidth: fields.number('n_inner', 4 * width),
      activation: fields.choice('activation_function', activationNames, 'gelu_new'),
      normEpsilon: fields.number('layer_norm_epsilon', 1e-5),
      normBias: true,
      bias: true,
      positions: 'learned',
      tiedHead: fields.boolean('tie_word_embeddings', true),
      dropout: fields.number('resid_pdrop', 0.1),
      attentionDropout: fields.number('attn_pdrop', 0.1),
      initialization: { standardDeviation: fields.number('initializer_range', 0.02) },
    }
  },

  writeConfig(config) {
    const { vocabularySize, width, heads, contextLength, stack, headWidth } = config
    return {
      obstacles: [
        ...obstaclesOf(config, {
          ...standardStack,
          norm: 'layer',
          normPlacement: 'pre',
          normBias: true,
          bias: true,
          positions: 'learned',
          residual: 'sequential',
          keyValueHeads: heads,
          headWidth: width / heads,
          attentionScale: 1 / Math.sqrt(headWidth),
          positionOffset: 0,
          embeddingNorm: false,
          embeddingScale: 1,
          headBias: false,
          headScale: 1,
          activationDropout: 0,
          finalDropout: 0,
        }),
        ...activationObstacle(config.activation),
      ],
      fields: {
        vocab_size: vocabularySize,
        n_embd: width,
        n_head: heads,
        n_positions: contextLength,
        n_layer: stack.begin + stack.layers + stack.end,
        n_inner: config.feedForwardWidth,
        activation_function: activationName(config.activation),
        layer_norm_epsilon: config.normEpsilon,
        tie_word_embeddings: config.tiedHead,
        resid_pdrop: config.dropout,
        embd_pdrop: config.dropout,
        attn_pdrop: config.attentionDropout,
        initializer_range: config.initialization.standardDeviation,
      },
    }
  },

  tensors({ vocabularySize, width, contextLength, feedForwardWidth, stack, tiedHead }) {
    const list = new TensorList(true)
    const transposed = { transposed: true }
    list.add('transformer.wte.weight', [vocabularySize, width], 'embedding.weight')
    list.add('transformer.wpe.weight', [contextLength, width], 'position_embedding.weight')
    for (let i = 0; i < stack.begin + stack.layers + stack.end; i++) {
      const [theirs, ours] = [`transformer.h.${i}`, `blocks.${i}`]
      list.norm(`${theirs}.ln_1`, width, `${ours}.attention_norm`)
      list.linear(`${theirs}.attn.c_attn`, 3 * width, width, queryKeyValue(`${ours}.attention`), transposed)
      list.linear(`${theirs}.attn.c_proj`, width, width, `${ours}.attention.output`, transposed)
      list.norm(`${theirs}.ln_2`, width, `${ours}.feed_forward_norm`)
      list.linear(`${theirs}.mlp.c_fc`, feedForwardWidth, width, `${ours}.feed_forward.up`, transposed)
      list.linear(`${theirs}.mlp.c_proj`, width, feedForwardWidth, `${ours}.feed_forward.down`, transposed)
    }
    list.norm('transformer.ln_f', width, 'final_norm')
    if (!tiedHead) list.add('lm_head.weight', [vocabularySize, width], 'head.weight')
    return list.tensors
  },

  ignores: (name) => /\.attn\.(bias|masked_bias)$/.test(name) || name === 'lm_head.weight',
}
