import type { CotformerOptions } from '../options.js'

/** What only the preset with all arms has. */
function complete({ layers, otherLayers, deepLayers, reserved, hop }: Omit<CotformerOptions, 'corpus'>): string[] {
  const { begin, layers: middle, end, repeats } = reserved
  return [
    `Layers of the tables: ${otherLayers}, ${layers} and ${deepLayers} stand for 12, 24 and 48; ${begin}→${middle}×${repeats}→${end} for 2→21×5→1. The reserved model of Table 2 stands beside ${begin + middle + end} layers, all repeated, and a standard model of twice as many.`,
    'Every model takes the same number of steps; the paper trains adaptive models half as long again in figures 4 and 5 (60,000 steps), and those of Table 5 a quarter (10,000).',
    'Budgets: routers let a fixed part of their tokens through, so that all seeds and models have the same ones; the paper takes parts that the routers’ weights suggest, which is a line of the figure too. Both choose the highest scores of a whole sequence. Thresholds, with which a model could write text, are measured beside.',
    'Table 5: PonderNet and stick-breaking follow their own papers where CoTFormer’s code differs (see the heads of the files in packages/transformer/src/stacks). All three have the norm between repeats and the depth embedding here, so that they differ in halting alone; in the paper’s code only Mixture of Repeats has them.',
    'Table 6: that pause tokens follow every token is our reading; the paper’s code has none.',
    `p-hop is not in the paper: its reproducers’ probe, here with ${hop.hops.join(', ')} hops in ${hop.length} symbols and an answer asked for at every place, where theirs asks for one of 32 hops in 256.`,
  ]
}

/** Where the study differs from the paper, for the sizes of one preset. */
export function deviations(preset: string, options: Omit<CotformerOptions, 'corpus'>): string[] {
  const { width, heads, contextLength, layers, repeats, steps, batchSize, peakLearningRate, vocabularySize } = options
  const everywhere = [
    'The paper says linear warm-up over 8,000 steps; its code uses PyTorch’s OneCycle with a cosine warm-up over the first 20 % of the steps, from 1/100 of the peak, and a cosine down to 1/5 of the peak. We follow the code.',
    'Equation 3 prints x⁽⁰⁾ as the query; the text and the code use the representation of the repeat before, as we do.',
    'Final losses are token-weighted means over a fixed set of validation sequences; the paper’s code averages batch losses.',
    'float32 everywhere; the paper trains in bfloat16 autocast.',
    'D0 compares LN-CoTFormer with Block Universal, so it joins two changes: attention to earlier repeats and the layer norm. The figure of differences shows each alone. In the paper LN-CoTFormer also has reserved layers around the repeated ones.',
  ]
  if (preset === 'paper') {
    return [
      ...everywhere,
      'OpenWebText2 is no longer distributed: text of your own takes its place, with a byte-level BPE learned from it.',
    ]
  }
  return [
    `Small: width ${width}, ${heads} heads, ${layers} layers × ${repeats} repeats, ${contextLength} tokens a sequence; the paper has width 768, 12 heads, 12 or 24 layers × 2 to 5, 256 tokens.`,
    `Short: ${steps.toLocaleString('en')} steps of ${batchSize} sequences (${(steps * batchSize * contextLength).toLocaleString('en')} tokens); the paper takes 40,000 steps of 128 (1.3 billion tokens).`,
    `Peak learning rate ${peakLearningRate}; the paper’s is 0.001 at its size.`,
    `Text: presidential addresses and one novel (12 MB) with a byte-level BPE of ${vocabularySize} ids learned from their training part; the paper uses OpenWebText2 with GPT-2’s 50,257.`,
    ...everywhere,
    ...(preset === 'laptop'
      ? [
          'How far CoTFormer is ahead of Block Universal (B) depends on the length of training. A first run with 440 steps took nearly eight minutes and gave −0.017 nats (−0.033 to −0.000), inconclusive, and the other verdicts as here; the preset was then cut to 400 for time alone.',
        ]
      : []),
    ...(preset === 'complete' ? complete(options) : []),
    ...(preset === 'smoke' ? [] : ['More seeds than the paper: eight or more, paired, where it has three.']),
  ]
}
