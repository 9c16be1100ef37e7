import { concat, slice, type Params, type Stacked, type Tensor } from '@lemanic/tensor-core'

const nameOf = (name: string, column: number): string => `${name}#${column}`

/** Factors [workers, length, rank] cut into their columns, each a payload tensor of its own. */
export function columnPayload(factors: Stacked): Stacked {
  const columns: Record<string, Tensor> = {}
  for (const [name, factor] of Object.entries(factors)) {
    for (let c = 0; c < factor.shape[2]; c++)
      columns[nameOf(name, c)] = slice(factor, [undefined, undefined, [c, c + 1]])
  }
  return columns
}

/** The received columns as factors [length, rank] again. */
export function columnsJoined(columns: Params, factors: Stacked): Params {
  return Object.fromEntries(
    Object.entries(factors).map(([name, factor]) => [
      name,
      concat(Array.from({ length: factor.shape[2] }, (_, c) => columns[nameOf(name, c)])),
    ]),
  )
}
