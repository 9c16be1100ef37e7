import type { RunOutput } from '@lemanic/eval'
import { barrier, layerScan, measureConnectivity, modelPair, type ScanEntry } from '@lemanic/fed-opt'
import { dispose, randomKey, scope, keep, type Params } from '@lemanic/tensor-core'
import { createDecoder } from '@lemanic/transformer'
import { languageArms, type LanguageArmName } from '../arms.js'
import type { ConnectivityContext } from '../engine.js'
import { barrierOf, summarize } from '../summarize.js'
import { textEvaluator } from './text-evaluator.js'
import { trainText } from './train-text.js'

/** The largest loss barrier of several sets, over both bases. */
const worstLoss = (entries: readonly ScanEntry[]): number =>
  Math.max(...entries.flatMap((entry) => (['a', 'b'] as const).map((base) => barrierOf(entry, 'loss', 'vsMean', base))))

/** Trains two small language models on pieces of one text that are drawn independently, and measures the pair. */
export async function runLanguage(
  arm: LanguageArmName,
  seed: number,
  context: ConnectivityContext,
): Promise<RunOutput> {
  const { options, engine } = context
  const sizes = options.language
  const { text } = engine
  const key = randomKey(410).foldIn(seed)
  const model = createDecoder({
    vocabularySize: text.vocabulary,
    width: sizes.width,
    heads: sizes.heads,
    contextLength: sizes.contextLength,
    stack: { kind: 'standard', layers: sizes.layers },
  })
  const steps = [...new Set(sizes.moments.map((moment) => Math.max(1, Math.round(moment * sizes.steps))))].sort(
    (x, y) => x - y,
  )
  const { evaluator, dispose: free } = textEvaluator(model, text.validation, sizes)
  const kept: Params[][] = []
  try {
    for (const which of [0, 1]) {
      const startKey = key.foldIn('start').foldIn(languageArms[arm].init === 'same' ? 0 : which)
      const start = keep(scope(() => model.init(startKey)))
      try {
        const report = (step: number): Promise<void> =>
          context.report({
            fraction: 0.35 * (which + step / sizes.steps),
            message: `seed ${seed}, model ${which + 1}, step ${step}/${sizes.steps}`,
          })
        kept.push(
          await trainText({
            model,
            start,
            characters: text.training,
            sizes,
            key: key.foldIn('order').foldIn(which),
            moments: new Set(steps),
            report,
          }),
        )
      } finally {
        dispose(start)
      }
    }
    const history: { full: number; worst: number }[] = []
    for (const i of steps.keys()) {
      await context.report({ fraction: 0.7 + (0.15 * i) / steps.length, message: `seed ${seed}, scans` })
      const two = modelPair(kept[0]![i]!, kept[1]![i]!)
      history.push({
        full: barrierOf(barrier(evaluator, two, { bases: ['a'] }), 'loss'),
        worst: worstLoss(layerScan(evaluator, two).entries),
      })
    }
    const pair = modelPair(kept[0]!.at(-1)!, kept[1]!.at(-1)!)
    const record = measureConnectivity(evaluator, pair, {
      orders: { shallow: 'shallow', deep: 'deep' },
      groups: Array.from({ length: sizes.layers }, (_, block) => ({
        name: `blocks.${block}`,
        layers: pair.layers.flatMap(({ name }) => (name.startsWith(`blocks.${block}.`) ? [name] : [])),
      })),
      random: { key: key.foldIn('random'), draws: sizes.draws },
    })
    const { metrics, samples } = summarize(record)
    return {
      metrics: { ...metrics, 'worst block loss': worstLoss(record.groups) },
      samples: { ...samples, 'block loss': record.groups.map((entry) => barrierOf(entry, 'loss')) },
      curves: {
        'full loss': { x: steps, y: history.map(({ full }) => full) },
        'worst loss': { x: steps, y: history.map(({ worst }) => worst) },
      },
    }
  } finally {
    dispose(kept)
    free()
  }
}
