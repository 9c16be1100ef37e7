import type { Figure, FinishedRun, HeatmapFigure } from '@lemanic/eval'
import { type ArmName, describeArms } from '../arms.js'
import type { MetricName } from '../metrics.js'
import type { CotformerOptions } from '../options.js'
import { attentionPrefix, tracePrefix } from '../pictures.js'

type Run = FinishedRun<ArmName, MetricName>
type Sizes = Omit<CotformerOptions, 'corpus'>

/** Attention by repeat (figure 6) and the way of tokens through the adaptive model, of the first seed. */
export function pictureFigures(runs: readonly Run[], sizes: Sizes): Figure[] {
  const titles = describeArms(sizes)
  const first = (arm: ArmName): Run | undefined => runs.find((run) => run.arm === arm && run.seed === 0)
  const looped = first('ln-cotformer')
  const adaptive = first('adaptive-embedding')
  return [
    ...(looped === undefined ? [] : attention(looped, titles['ln-cotformer'].title)),
    ...(adaptive === undefined ? [] : trace(adaptive, titles['adaptive-embedding'].title)),
  ]
}

function attention({ curves = {} }: Run, title: string): HeatmapFigure[] {
  const rows = Object.entries(curves).flatMap(([name, { y }]) => {
    if (!name.startsWith(attentionPrefix)) return []
    const [layer, visit, head] = name.slice(attentionPrefix.length).split(' ').map(Number) as [number, number, number]
    return [{ layer, visit, head, y }]
  })
  if (rows.length === 0) return []
  const repeats = Math.max(...rows.map(({ y }) => y.length))
  const sorted = rows
    .filter(({ visit }) => visit > 0)
    .sort((a, b) => a.layer - b.layer || a.visit - b.visit || a.head - b.head)
  return [
    {
      kind: 'heatmap',
      id: 'attention-by-repeat',
      title: 'Figure 6, small: where heads look, repeat by repeat',
      caption: `${title}, seed 0, mean over queries of 16 validation sequences: the part of a head’s attention that falls on the keys of each repeat. In repeat r a head could look evenly, 1/r each.`,
      x: { label: 'Keys of repeat', values: Array.from({ length: repeats }, (_, i) => String(i + 1)) },
      y: {
        label: 'Layer, repeat, head',
        values: sorted.map(({ layer, visit, head }) => `layer ${layer + 1}, repeat ${visit + 1}, head ${head + 1}`),
      },
      value: { label: 'Part of attention' },
      cells: sorted.map(({ y }) => Array.from({ length: repeats }, (_, i) => y[i] ?? null)),
    },
  ]
}

function trace({ curves = {} }: Run, title: string): HeatmapFigure[] {
  const tokens = Object.entries(curves)
    .filter(([name]) => name.startsWith(tracePrefix))
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, { y }]) => ({
      place: parseInt(name.slice(tracePrefix.length)),
      text: name.slice(tracePrefix.length + 4),
      y,
    }))
  if (tokens.length === 0) return []
  const routers = Math.max(...tokens.map(({ y }) => y.length - 1))
  return [
    {
      kind: 'heatmap',
      id: 'exit-trace',
      title: 'How far each token went',
      caption: `${title}, seed 0, one validation sequence with thresholds for c = 0.6: the weight that each router gave a token, and in the last column the repeats that it took, as a part of ${routers + 1}. Empty where a token had stopped.`,
      x: {
        label: 'Weight of router',
        values: [...Array.from({ length: routers }, (_, i) => String(i + 1)), 'repeats taken'],
      },
      y: {
        label: 'Token',
        values: tokens.map(({ place, text }) => `${place + 1} ${JSON.stringify(text)}`),
      },
      value: { label: 'Weight' },
      cells: tokens.map(({ y: [repeats, ...weights] }) => [
        ...Array.from({ length: routers }, (_, i) => weights[i] ?? null),
        repeats! / (routers + 1),
      ]),
    },
  ]
}
