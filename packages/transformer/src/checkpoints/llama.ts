/** Llama 2 and 3 (Touvron et al. 2023; Grattafiori et al. 2024), `LlamaForCausalLM` of transformers. */
import { obstaclesOf, standardStack, type DecoderFormat } from './checkpoint-format.js'
import { readRotary, writeScaling } from './rope-fields.js'
import { TensorList } from './tensor-list.js'

export const llama: DecoderFormat = {
  type: 'llama',
  architecture: 'LlamaForCausalLM',
  prefix: 'model.',

  readOptions(fields) {
    const width = fields.number('hidden_size')
    const heads = fields.number('num_attention_heads')
    const headWidth = fields.number('head_dim', width / heads)
    const bias = fields.boolean('attention_bias', false)
    if (fields.boolean('mlp_bias', false) !== bias)
      throw fields.wrong('mlp_bias', `the value of attention_bias, ${bias}`, !bias)
    return {
      vocabularySize: fields.number('vocab_size'),
      width,
      heads,
      headWidth,
      keyValueHeads: fields.number('num_key_value_heads', heads),
      contextLength: fields.number('max_position_embeddings', 2048),
      stack: { layers: fields.number('num_hidden_layers') },
      feedForwardWidth: fields.number('intermediate_size'),
      activation: fields.choice(
        'hidden_act',
        { silu: 'swiglu', gelu: 'gated-gelu', gelu_pytorch_tanh: 'gated-gelu-tanh' } as const,
        'silu',
      ),
      norm: 'rms',
      normEpsilon: fields.number('rms_norm_eps', 1e-6),
      bias,
      positions: 'rotary',
      rotary: readRotary(fields, headWidth),
      tiedHead: fields.boolean('tie_word_embeddings', false),
      attentionDropout: fields.number('attention_dropout', 0),
      initialization: { standardDeviation: fields.number('initializer_range', 0.02) },
    }
  },

  writeConfig(config) {
    const names = { swiglu: 'silu', 'gated-gelu': 'gelu', 'gated-gelu-tanh': 'gelu_pytorch_tanh' } as Record<
      string,
      string
    >
    return {
      obstacles: [
        ...obstaclesOf(config, {
          ...standardStack,
          norm: 'rms',
          normPlacement: 'pre',
          positions: 'rotary',
          'rotary.interleaved': false,
          'rotary.fraction': 1,
          residual: 'sequential',
          attentionScale: 1 / Math.sqrt(config.headWidth),
          embeddingNorm: false,
          embeddingScale: 1,
          headBias: false,
          headScale: 1,
          dropout: 0,
          activationDropout: 0,
          finalDropout: 0,
        }),
        ...(config.activation in names ? [] : [`activation: "${config.activation}" has no gate, which Llama's have`]),
      ],
      fields: {
        vocab_size: config.vocabularySize,
        hidden_size: config.width,
        num_attention_heads: config.heads,
        head_dim: config.headWidth,
        num_key_value_heads: config.keyValueHeads,
        max_position_embeddings: config.contextLength,
        num_hidden_layers: config.stack.begin + config.stack.layers + config.stack.end,
        intermediate_size: config.feedForwardWidth,
        hidden_act: names[config.activation],
        rms_norm_eps: config.normEpsilon,
        attention_bias: config.bias,
        mlp_bias: config.bias,
        rope_theta: config.rotary.base,
        rope_scaling: writeScaling(config.rotary),
        tie_word_embeddings: config.tiedHead,
        attention_dropout: config.attentionDropout,
        initializer_range: config.initialization.standardDeviation,
      },
    }
  },

  tensors({ vocabularySize, width, feedForwardWidth, bias, tiedHead, stack, ...config }) {
    const [queries, keys] = [config.heads * config.headWidth, config.keyValueHeads * config.headWidth]
    const list = new TensorList(bias)
    list.add('model.embed_tokens.weight', [vocabularySize, width], 'embedding.weight')
    for (let i = 0; i < stack.begin + stack.layers + stack.end; i++) {
      const [theirs, ours] = [`model.layers.${i}`, `blocks.${i}`]
      list.add(`${theirs}.input_layernorm.weight`, [width], `${ours}.attention_norm.weight`)
      list.linear(`${theirs}.self_attn.q_proj`, queries, width, `${ours}.attention.query`)
      list.linear(`${theirs}.self_attn.k_proj`, keys, width, `${ours}.attention.key`)
      list.linear(`${theirs}.self_attn.v_proj`, keys, width, `${ours}.attention.value`)
      list.linear(`${theirs}.self_attn.o_proj`, width, queries, `${ours}.attention.output`)
      list.add(`${theirs}.post_attention_layernorm.weight`, [width], `${ours}.feed_forward_norm.weight`)
      list.linear(`${theirs}.mlp.gate_proj`, feedForwardWidth, width, `${ours}.feed_forward.gate`)
      list.linear(`${theirs}.mlp.up_proj`, feedForwardWidth, width, `${ours}.feed_forward.up`)
      list.linear(`${theirs}.mlp.down_proj`, width, feedForwardWidth, `${ours}.feed_forward.down`)
    }
    list.add('model.norm.weight', [width], 'final_norm.weight')
    if (!tiedHead) list.add('lm_head.weight', [vocabularySize, width], 'head.weight')
    return list.tensors
  },

  ignores: (name) => name.endsWith('rotary_emb.inv_freq') || name === 'lm_head.weight',
}
