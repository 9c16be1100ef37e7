import { argumentError } from '../errors.js'
import type { Tensor } from '../tensor.js'
import type { Params } from './params.js'

/**
 * Which names are meant: a name or a prefix of whole dotted parts (`blocks.0` takes `blocks.0.attention.weight`, not
 * `blocks.01`), a regular expression, a predicate, or a list of these (any of them).
 */
export type ParamsSelector = string | RegExp | ((name: string, value: Tensor) => boolean) | readonly ParamsSelector[]

function matches(selector: ParamsSelector, name: string, value: Tensor): boolean {
  if (typeof selector === 'string')
    return name === selector || name.startsWith(selector.endsWith('.') ? selector : `${selector}.`)
  if (selector instanceof RegExp) return new RegExp(selector.source, selector.flags.replace(/[gy]/g, '')).test(name)
  if (typeof selector === 'function') return selector(name, value)
  return selector.some((item) => matches(item, name, value))
}

/** The tensors (the same ones, not copies) whose names are selected, in their order. */
export function selectParams(params: Params, selector: ParamsSelector): Params {
  return Object.fromEntries(Object.entries(params).filter(([name, value]) => matches(selector, name, value)))
}

/** The tensors whose names are not selected. */
export function excludeParams(params: Params, selector: ParamsSelector): Params {
  return Object.fromEntries(Object.entries(params).filter(([name, value]) => !matches(selector, name, value)))
}

/**
 * All tensors in one record. A name that occurs twice is an error, unless `onConflict` says `'last'`: then the later
 * one replaces the earlier at its place in the order.
 */
export function mergeParams(
  several: readonly Params[],
  options: { readonly onConflict?: 'error' | 'last' } = {},
): Params {
  const merged: Record<string, Tensor> = {}
  for (const params of several) {
    for (const [name, value] of Object.entries(params)) {
      if (options.onConflict !== 'last' && Object.hasOwn(merged, name)) {
        throw argumentError('mergeParams', `"${name}" occurs twice`, {
          help: "pass { onConflict: 'last' } to let later ones win",
        })
      }
      merged[name] = value
    }
  }
  return merged
}

/** The same tensors under names with a prefix: `prefixParams(p, 'encoder')` gives `encoder.weight`. */
export function prefixParams(params: Params, prefix: string): Params {
  return Object.fromEntries(Object.entries(params).map(([name, value]) => [`${prefix}.${name}`, value]))
}
