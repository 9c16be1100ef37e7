import { full, type Params, randomNormal, type RandomKey, randomUniform, scope } from '@lemanic/tensor-core'

/** Shape of a parameter and how it starts. */
export interface ParameterShape {
  readonly shape: readonly number[]
  /** A constant, uniform in ±bound, or normal around 0. */
  readonly start: number | { readonly uniform: number } | { readonly deviation: number }
}

export type ParameterShapes = Readonly<Record<string, ParameterShape>>

/** Fresh parameters; each name has a stream of its own, so that adding one leaves the others as they were. */
export function initParameters(shapes: ParameterShapes, key: RandomKey): Params {
  return scope(() =>
    Object.fromEntries(
      Object.entries(shapes).map(([name, { shape, start }]) => {
        const own = key.foldIn(name)
        if (typeof start === 'number') return [name, full(shape, start)]
        if ('uniform' in start) return [name, randomUniform(own, shape, { low: -start.uniform, high: start.uniform })]
        return [name, randomNormal(own, shape, { standardDeviation: start.deviation })]
      }),
    ),
  )
}

/** The parameters below a prefix, without it: those of one module. */
export function paramsOf(params: Params, prefix: string): Params {
  const own: Record<string, Params[string]> = {}
  for (const name in params) if (name.startsWith(`${prefix}.`)) own[name.slice(prefix.length + 1)] = params[name]
  return own
}

/** Shapes of a linear layer, `name.weight` [out, in] and `name.bias`, uniform in ±1/√in as PyTorch starts them. */
export function linearShapes(name: string, inputs: number, outputs: number): ParameterShapes {
  const uniform = 1 / Math.sqrt(Math.max(1, inputs))
  return {
    [`${name}.weight`]: { shape: [outputs, inputs], start: { uniform } },
    [`${name}.bias`]: { shape: [outputs], start: { uniform } },
  }
}
