import type { CotformerOptions } from '../options.js'

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
    ...(preset === 'smoke' ? [] : ['More seeds than the paper: eight or more, paired, where it has three.']),
  ]
}
