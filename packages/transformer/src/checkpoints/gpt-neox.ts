/** GPT-NeoX (Black et al. 2022), as Pythia (Biderman et al. 2023) uses it: `GPTNeoXForCausalLM` of transformers. */
import { activationName, activationNames, activationObstacle } from './activation-names.js'
import { obstaclesOf, standardStack, type DecoderFormat } from './checkpoint-format.js'
import { readRotary, writeScaling } from './rope-fields.js'
import { queryKeyValue, TensorList } from './tensor-list.js'

export const gptNeox: DecoderFormat = {
  type: 'gpt_neox',
  architecture: 'GPTNeoXForCausalLM',
  prefix: 'gpt_neox.',

  readOptions(fields) {
    const width = fields.number('hidden_size')
    const heads = fields.number('num_attention_heads')
    fields.expect('attention_bias', true)
    return {
      vocabularySize: fields.number('vocab_size'),
      width,
      heads,
      contextLength: fields.number('max_position_embeddings', 2048),
      stack: { layers: fields.number('num_hidden_layers') },
      feedForwardWidth: fields.number('intermediate_size'),
      activation: fields.choice('hidden_act', activationNames, 'gelu'),
      normEpsilon: fields.number('layer_norm_eps', 1e-5),
      normBias: true,
      bias: true,
      residual: fields.boolean('use_parallel_residual', true) ? 'parallel' : 'sequential',
      positions: 'rotary',
      rotary: readRotary(fields, width / heads, 0.25),
      tiedHead: fields.boolean('tie_word_embeddings', false),
      dropout: fields.number('hidden_dropout', 0),
      attentionDropout: fields.number('attention_dropout', 0),
      initialization: { standardDeviation: fields.number('initializer_range', 0.02) },
    }
  },

  writeConfig(config) {
    return {
      obstacles: [
        ...obstaclesOf(config, {
          ...standardStack,
          norm: 'layer',
          normPlacement: 'pre',
          normBias: true,
          bias: true,
          positions: 'rotary',
          'rotary.interleaved': false,
          keyValueHeads: config.heads,
          headWidth: config.width / config.heads,
          attentionScale: 1 / Math.sqrt(config.headWidth),
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
        vocab_size: config.vocabularySize,
        hidden_size: config.width,
        num_attention_heads: config.heads,
        max_position_embeddings: config.contextLength,
        num_hidden_layers: config.stack.begin + config.stack.layers + config.stack.end,
        intermediate_size: config.feedForwardWidth,
        hidden_act: activationName(config.activation),
        layer_norm_eps: config.normEpsilon,
        use_parallel_residual: config.residual === 'parallel',
        attention_bias: true,
        rotary_pct: config.rotary.fraction,
        rotary_emb_base: config.rotary.base,
        rope_theta: config.rotary.base,
        rope_scaling: writeScaling(config.rotary),
        tie_word_embeddings: config.tiedHead,
        hidden_dropout: config.dropout,
        attention_dropout: config.attentionDropout,
        initializer_range: config.initialization.standardDeviation,
      },
    }
  },

  tensors({ vocabularySize, width, heads, feedForwardWidth, stack, tiedHead }) {
    const list = new TensorList(true)
    list.add('gpt_neox.embed_in.weight', [vocabularySize, width], 'embedding.weight')
    for (let i = 0; i < stack.begin + stack.layers + stack.end; i++) {
      const [theirs, ours] = [`gpt_neox.layers.${i}`, `blocks.${i}`]
      const joined = queryKeyValue(`${ours}.attention`)
      list.norm(`${theirs}.input_layernorm`, width, `${ours}.attention_norm`)
      list.linear(`${theirs}.attention.query_key_value`, 3 * width, width, joined, { headGroups: heads })
      list.linear(`${theirs}.attention.dense`, width, width, `${ours}.attention.output`)
      list.norm(`${theirs}.post_attention_layernorm`, width, `${ours}.feed_forward_norm`)
      list.linear(`${theirs}.mlp.dense_h_to_4h`, feedForwardWidth, width, `${ours}.feed_forward.up`)
      list.linear(`${theirs}.mlp.dense_4h_to_h`, width, feedForwardWidth, `${ours}.feed_forward.down`)
    }
    list.norm('gpt_neox.final_layer_norm', width, 'final_norm')
    if (!tiedHead) list.add('embed_out.weight', [vocabularySize, width], 'head.weight', { aliases: ['lm_head.weight'] })
    return list.tensors
  },

  ignores: (name) =>
    /\.attention\.(bias|masked_bias|rotary_emb\.inv_freq)$/.test(name) || /^(embed_out|lm_head)\.weight$/.test(name),
}
