import { argumentError } from '../refuse.js'
import type { Aggregator, PreAggregator, RowsState } from './aggregator.js'

/**
 * Pre-aggregators, in order, then an aggregator: `compose(bucketing({ size: 2 }), krum({ byzantine: 3 }))`. States are
 * kept under `0.`, `1.`, …; pre-aggregator i draws from `key.foldIn(i)`.
 */
export function compose(...parts: readonly [...PreAggregator[], Aggregator]): Aggregator {
  const rule = parts[parts.length - 1]
  if (rule === undefined || !('aggregate' in rule))
    throw argumentError('compose', 'expected an aggregator as the last part')
  const before = parts.slice(0, -1) as PreAggregator[]
  return {
    name: parts.map(({ name }) => name).join('+'),
    ...(rule.byzantine === undefined ? {} : { byzantine: rule.byzantine }),
    aggregate(points, context) {
      let current = { points, weights: context.weights, senders: context.senders }
      const state: Record<string, RowsState[string]> = {}
      const save = (i: number, part: RowsState = {}): void => {
        for (const [name, rows] of Object.entries(part)) state[`${i}.${name}`] = rows
      }
      before.forEach((part, i) => {
        const { state: next, ...changed } = part.transform(current.points, {
          ...context,
          ...current,
          key: context.key.foldIn(i),
          state: partOf(context.state, i),
        })
        save(i, next)
        current = changed
      })
      const last = before.length
      rule.check?.(current.points.count)
      const result = rule.aggregate(current.points, {
        ...context,
        ...current,
        key: context.key.foldIn(last),
        state: partOf(context.state, last),
      })
      save(last, result.state)
      return { ...result, state }
    },
  }
}

function partOf(state: RowsState, index: number): RowsState {
  const prefix = `${index}.`
  return Object.fromEntries(
    Object.entries(state)
      .filter(([name]) => name.startsWith(prefix))
      .map(([name, rows]) => [name.slice(prefix.length), rows]),
  )
}
