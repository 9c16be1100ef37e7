/** GPT-NeoX (Black et al. 2022), as Pythia (Biderman et al. 2023) uses it: `GPTNeoXForCausalLM` of transformers. */
import { activationName, activationNames, activationObstacle } from './activation-names.js'
import { obstaclesOf, standardStack, type DecoderFormat, type FileTensor } from './checkpoint-format.js'
import { readRotary, writeScaling } from './rope-fields.js'

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
    const list: FileTensor[] = []
    const both = (name: string, outputs: number, inputs: number | undefined, own: string): void => {
      list.push({
        name: `${name}.weight`,
        shape: inputs === undefined ? [outputs] : [outputs, inputs],
        parts: [`${own}.weight`],
      })
      list.push({ name: `${name}.bias`, shape: [outputs], parts: [`${own}.bias`] })
    }
    list.push({ name: 'gpt_neox.embed_in.weight', shape: [vocabularySize, width], parts: ['embedding.weight'] })
    for (let i = 0; i < stack.begin + stack.layers + stack.end; i++) {
      const [theirs, ours] = [`gpt_neox.layers.${i}`, `blocks.${i}`]
      both(`${theirs}.input_layernorm`, width, undefined, `${ours}.attention_norm`)
      for (const [kind, shape] of [
        ['weight', [3 * width, width]],
        ['bias', [3 * width]],
      ] as const) {
        const parts = ['query', 'key', 'value'].map((part) => `${ours}.attention.${part}.${kind}`)
        list.push({ name: `${theirs}.attention.query_key_value.${kind}`, shape, parts, headGroups: heads })
      }
      both(`${theirs}.attention.dense`, width, width, `${ours}.attention.output`)
      both(`${theirs}.post_attention_layernorm`, width, undefined, `${ours}.feed_forward_norm`)
      both(`${theirs}.mlp.dense_h_to_4h`, feedForwardWidth, width, `${ours}.feed_forward.up`)
      both(`${theirs}.mlp.dense_4h_to_h`, width, feedForwardWidth, `${ours}.feed_forward.down`)
    }
    both('gpt_neox.final_layer_norm', width, undefined, 'final_norm')
    if (!tiedHead)
      list.push({
        name: 'embed_out.weight',
        aliases: ['lm_head.weight'],
        shape: [vocabularySize, width],
        parts: ['head.weight'],
      })
    return list
  },

  ignores: (name) =>
    /\.attention\.(bias|masked_bias|rotary_emb\.inv_freq)$/.test(name) || /^(embed_out|lm_head)\.weight$/.test(name),
}
