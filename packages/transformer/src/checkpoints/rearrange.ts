import type { HostTensor } from '@lemanic/tensor-core'
import type { FileTensor } from './checkpoint-format.js'

type Numbers = Float32Array | Uint16Array | Float64Array

/** [rows, columns] → [columns, rows]. */
function transposed(data: Numbers, rows: number, columns: number): Numbers {
  const result = data.slice()
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++) result[column * rows + row] = data[row * columns + column]!
  return result
}

/** Where row `row` of part `part` stands among the joined rows: one part after the other, or head by head. */
function joinedRow(part: number, row: number, rows: number, parts: number, headGroups: number | undefined): number {
  if (headGroups === undefined) return part * rows + row
  const headRows = rows / headGroups
  const head = Math.floor(row / headRows)
  return (head * parts + part) * headRows + (row % headRows)
}

/** Shape of each part: that of the file, turned and cut into equal parts of rows. */
export function partShape({ shape, parts, transposed: isTransposed, row }: FileTensor): number[] {
  if (row === true) return [shape[1]!]
  const straight = isTransposed === true ? [...shape].reverse() : [...shape]
  straight[0] = straight[0]! / parts.length
  return straight
}

/** The parameters of ours that a tensor of the file holds. */
export function takeApart(tensor: FileTensor, host: HostTensor): Record<string, HostTensor> {
  const shape = partShape(tensor)
  const rows = shape[0]!
  const columns = shape.length === 1 ? 1 : shape[1]!
  const given = host.data as Numbers
  const data = tensor.transposed === true ? transposed(given, tensor.shape[0]!, tensor.shape[1]!) : given
  const result: Record<string, HostTensor> = {}
  tensor.parts.forEach((name, part) => {
    const own = tensor.parts.length === 1 ? data : data.slice(0, rows * columns)
    for (let row = 0; tensor.parts.length > 1 && row < rows; row++) {
      const from = joinedRow(part, row, rows, tensor.parts.length, tensor.headGroups) * columns
      own.set(data.subarray(from, from + columns) as never, row * columns)
    }
    result[name] = { ...host, shape, data: own } as HostTensor
  })
  return result
}

/** The tensor of the file that holds these parameters of ours, in the order of `tensor.parts`. */
export function putTogether(tensor: FileTensor, parts: readonly HostTensor[]): HostTensor {
  const shape = partShape(tensor)
  const rows = shape[0]!
  const columns = shape.length === 1 ? 1 : shape[1]!
  const first = parts[0]!.data as Numbers
  if (parts.length === 1 && tensor.transposed !== true) return { ...parts[0]!, shape: tensor.shape }
  const joined = new (first.constructor as Float32ArrayConstructor)(first.length * parts.length) as Numbers
  parts.forEach(({ data }, part) => {
    for (let row = 0; row < rows; row++) {
      const to = joinedRow(part, row, rows, parts.length, tensor.headGroups) * columns
      joined.set((data as Numbers).subarray(row * columns, (row + 1) * columns) as never, to)
    }
  })
  const data = tensor.transposed === true ? transposed(joined, rows * parts.length, columns) : joined
  return { ...parts[0]!, shape: tensor.shape, data } as HostTensor
}
