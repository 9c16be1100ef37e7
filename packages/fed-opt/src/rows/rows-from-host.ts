import { tensorFromHost, type HostTensor } from '@lemanic/tensor-core'
import { stackedRows } from './params-rows.js'
import type { Rows } from './rows.js'
import { vectorRows } from './vector-rows.js'

/** Rows from what `toHost` gave: float64 ones become bare vectors, others parameters on the default backend. */
export function rowsFromHost(host: Readonly<Record<string, HostTensor>>): Rows {
  const { x } = host
  if (x?.dtype !== 'F64')
    return stackedRows([
      Object.fromEntries(Object.entries(host).map(([name, part]) => [name, tensorFromHost(name, part)])),
    ])
  const [count, width] = x.shape as [number, number]
  const data = x.data as Float64Array
  return vectorRows(Array.from({ length: count }, (_, i) => data.slice(i * width, (i + 1) * width)))
}
