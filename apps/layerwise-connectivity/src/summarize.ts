import type { RunOutput } from '@lemanic/eval'
import { barrierAt, entryBarrier, type Baseline, type ConnectivityRecord, type ScanEntry } from '@lemanic/fed-opt'

/** What a loss that is not finite counts as, in nats: averaged networks can overflow. */
export const divergedLoss = 100

export const finite = (loss: number): number => (Number.isFinite(loss) ? Math.min(loss, divergedLoss) : divergedLoss)

/** Barriers of errors are in percentage points, those of losses in nats. */
export function barrierOf(
  entry: ScanEntry,
  measure: 'error' | 'loss',
  baseline: Baseline = 'vsMean',
  base: 'a' | 'b' | 'mean' = 'mean',
): number {
  const value = entryBarrier(entry, measure, baseline, base)
  return measure === 'error' ? 100 * value : finite(value)
}

/** Both bases of an entry. */
function both(entry: ScanEntry, measure: 'error' | 'loss', baseline: Baseline = 'vsMean'): number[] {
  return [barrierOf(entry, measure, baseline, 'a'), barrierOf(entry, measure, baseline, 'b')]
}

const largest = (values: readonly number[]): number => values.reduce((best, value) => Math.max(best, value), -Infinity)

/** The numbers of one record that claims and figures rest on. */
export function summarize(record: ConnectivityRecord): Required<Pick<RunOutput, 'metrics' | 'samples'>> {
  const { endpoints, full, singles, cumulative, windows, random } = record
  const singleErrors = singles.flatMap((entry) => both(entry, 'error'))
  const fullError = barrierOf(full, 'error')
  const metrics: Record<string, number> = {
    error: 50 * (endpoints.a.error! + endpoints.b.error!),
    loss: finite((endpoints.a.loss! + endpoints.b.loss!) / 2),
    full: fullError,
    'full absolute': Math.abs(fullError),
    'full loss': barrierOf(full, 'loss'),
    worst: largest(singleErrors),
    'worst absolute': largest(singleErrors.map(Math.abs)),
    'worst loss': largest(singles.flatMap((entry) => both(entry, 'loss'))),
    'worst base': largest(singles.flatMap((entry) => both(entry, 'error', 'vsBase'))),
    sum: singles.reduce((sum, entry) => sum + barrierOf(entry, 'error'), 0),
    'inner worst': largest(singles.slice(1).flatMap((entry) => both(entry, 'error').map(Math.abs))),
  }
  const samples: Record<string, number[]> = {
    'layers a': singles.map((entry) => barrierOf(entry, 'error', 'vsMean', 'a')),
    'layers b': singles.map((entry) => barrierOf(entry, 'error', 'vsMean', 'b')),
    'layers base': singles.map((entry) => barrierOf(entry, 'error', 'vsBase')),
    'layers loss': singles.map((entry) => barrierOf(entry, 'loss')),
    'layer distance': record.distances.layers.map(({ distance }) => distance),
    'layer cosine': record.distances.layers.map(({ cosine }) => (Number.isFinite(cosine) ? cosine : 0)),
    'alpha error': full.a!.points.map(({ values }) => 100 * values.error!.raw),
    'alpha loss': full.a!.points.map(({ values }) => finite(values.loss!.raw)),
  }
  for (const [name, entries] of Object.entries(cumulative))
    samples[`order ${name}`] = entries.map((entry) => barrierOf(entry, 'error'))
  for (const [width, entries] of Object.entries(windows)) {
    const values = entries.map((entry) => barrierOf(entry, 'error'))
    samples[`window ${width}`] = values
    metrics['first window'] = values[0]!
    metrics['last window'] = values.at(-1)!
    metrics['middle window'] = values[Math.floor(values.length / 2)]!
  }
  if (random.length > 0) {
    const moved = random.map(({ points }) => (100 * (points[0]!.vsBase.error! + points[1]!.vsBase.error!)) / 2)
    samples.random = moved
    metrics['random full'] = moved.at(-1)!
    metrics['full base'] = barrierOf(full, 'error', 'vsBase')
    // the average over layers of what the averaging direction costs more than a random one as long
    const excess = singles.map((entry, i) => barrierOf(entry, 'error', 'vsBase') - moved[i]!)
    metrics['layer excess'] = excess.reduce((sum, value) => sum + value, 0) / excess.length
    metrics['first layer excess'] = excess[0]!
  }
  return { metrics, samples }
}

/** Largest value above the chord along single layers, relative to the loss there: > 0 where a layer is not convex. */
export function worstAboveChord(entries: readonly ScanEntry[], alphas: readonly number[]): number {
  return largest(
    entries.flatMap(({ a, b }) =>
      [a!, b!].flatMap((curve) =>
        alphas.map(
          (alpha) =>
            barrierAt(curve, 'loss', 'vsSegmentEnds', alpha) / Math.max(1e-9, barrierAt(curve, 'loss', 'raw', alpha)),
        ),
      ),
    ),
  )
}
