import type { RAttributes, RValue } from './r-value.js'

/**
 * Expands the compact vectors of R ≥ 3.5 (ALTREP): sequences, numbers kept as text, wrappers.
 *
 * `info` names the class, `state` is what it keeps. `fail` makes the error for a class that is not known.
 */
export function expandAltRep(
  info: RValue,
  state: RValue,
  attributes: RAttributes,
  fail: (message: string) => Error,
): RValue {
  const first = info.type === 'pairlist' ? info.values[0] : undefined
  const name = first?.type === 'symbol' ? first.name : ''
  const parts = state.type === 'pairlist' || state.type === 'list' ? state.values : []
  switch (name) {
    case 'compact_intseq':
    case 'compact_realseq': {
      if (state.type !== 'double' && state.type !== 'integer') break
      const [length, start, step] = state.values.map(Number) as [number, number, number]
      const values = Array.from({ length }, (_, index) => start + index * step)
      return { type: name === 'compact_intseq' ? 'integer' : 'double', values, attributes }
    }
    case 'deferred_string': {
      const numbers = parts[0]
      if (numbers?.type !== 'integer' && numbers?.type !== 'double') break
      const values = numbers.values.map((value) => (value === null ? null : textOf(value)))
      return { type: 'string', values, attributes }
    }
    case 'wrap_integer':
    case 'wrap_real':
    case 'wrap_logical':
    case 'wrap_string':
    case 'wrap_complex':
    case 'wrap_raw':
    case 'wrap_list': {
      const wrapped = parts[0]
      if (wrapped === undefined || !('attributes' in wrapped)) break
      return Object.keys(attributes).length === 0 ? wrapped : { ...wrapped, attributes }
    }
  }
  throw fail(`expected a compact vector of a known class, got ${JSON.stringify(name)}`)
}

/** A number as R writes it: 15 significant digits at most. */
function textOf(value: number): string {
  if (Number.isNaN(value)) return 'NaN'
  if (!Number.isFinite(value)) return value > 0 ? 'Inf' : '-Inf'
  return String(Number(value.toPrecision(15)))
}
