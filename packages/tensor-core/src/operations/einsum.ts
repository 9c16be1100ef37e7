import { argumentError } from '../errors.js'
import { formatShape } from '../shape.js'
import type { Tensor } from '../tensor.js'
import { matmul } from './matmul.js'
import { sum } from './reduction.js'
import { reshape, transpose } from './shaping.js'

interface Labelled {
  readonly x: Tensor
  readonly labels: readonly string[]
}

function parse(equation: string, inputs: readonly Tensor[]): { operands: Labelled[]; output: string[] } {
  const [left, right, ...rest] = equation.replaceAll(' ', '').split('->')
  const terms = left!.split(',')
  if (rest.length > 0 || !/^[a-zA-Z,]*$/.test(left!) || (right !== undefined && !/^[a-zA-Z]*$/.test(right))) {
    throw argumentError('einsum', `cannot read the equation "${equation}"; expected letters as in "bij,bjk->bik"`)
  }
  if (terms.length !== inputs.length)
    throw argumentError('einsum', `"${equation}" names ${terms.length} tensors, got ${inputs.length}`)
  const operands = terms.map((term, i) => ({ x: inputs[i]!, labels: [...term] }))
  const lengths = new Map<string, number>()
  for (const { x, labels } of operands) {
    if (labels.length !== x.rank)
      throw argumentError(
        'einsum',
        `"${labels.join('')}" names ${labels.length} axes of a tensor of shape ${formatShape(x.shape)}`,
      )
    if (new Set(labels).size !== labels.length)
      throw argumentError('einsum', `"${labels.join('')}" repeats an axis; take the diagonal first`)
    labels.forEach((label, axis) => {
      const known = lengths.get(label) ?? x.shape[axis]!
      if (known !== x.shape[axis])
        throw argumentError('einsum', `axis "${label}" has length ${known} and ${x.shape[axis]}`)
      lengths.set(label, known)
    })
  }
  const counts = new Map<string, number>()
  for (const label of operands.flatMap(({ labels }) => labels)) counts.set(label, (counts.get(label) ?? 0) + 1)
  const output =
    right === undefined
      ? [...counts]
          .filter(([, count]) => count === 1)
          .map(([label]) => label)
          .sort()
      : [...right]
  for (const label of output)
    if (!lengths.has(label)) throw argumentError('einsum', `the output axis "${label}" is in no input`)
  if (new Set(output).size !== output.length) throw argumentError('einsum', `the output "${right}" repeats an axis`)
  return { operands, output }
}

/** Sums out the axes that nobody after this operand needs. */
function sumOut({ x, labels }: Labelled, needed: ReadonlySet<string>): Labelled {
  const axes = labels.flatMap((label, axis) => (needed.has(label) ? [] : [axis]))
  return axes.length === 0 ? { x, labels } : { x: sum(x, axes), labels: labels.filter((label) => needed.has(label)) }
}

function arrange({ x, labels }: Labelled, groups: readonly (readonly string[])[]): Tensor {
  const ordered = transpose(
    x,
    groups.flat().map((label) => labels.indexOf(label)),
  )
  return reshape(
    ordered,
    groups.map((group) => group.reduce((size, label) => size * x.shape[labels.indexOf(label)]!, 1)),
  )
}

/** Contracts two operands with one batched matrix product. */
function contract(a: Labelled, b: Labelled, needed: ReadonlySet<string>): Labelled {
  const left = sumOut(a, new Set([...needed, ...b.labels]))
  const right = sumOut(b, new Set([...needed, ...a.labels]))
  const shared = left.labels.filter((label) => right.labels.includes(label))
  const batch = shared.filter((label) => needed.has(label))
  const inner = shared.filter((label) => !needed.has(label))
  const rows = left.labels.filter((label) => !shared.includes(label))
  const columns = right.labels.filter((label) => !shared.includes(label))
  const product = matmul(arrange(left, [batch, rows, inner]), arrange(right, [batch, inner, columns]))
  const lengthOf = (label: string): number =>
    left.labels.includes(label)
      ? left.x.shape[left.labels.indexOf(label)]!
      : right.x.shape[right.labels.indexOf(label)]!
  const labels = [...batch, ...rows, ...columns]
  return { x: reshape(product, labels.map(lengthOf)), labels }
}

/**
 * Einstein summation: `einsum('bij,bjk->bik', [a, b])`. One letter an axis; axes missing on the right are summed;
 * without an arrow the output has the letters that occur once, in alphabetical order. Contracts from left to right,
 * each pair as one batched matrix product. float32; differentiable.
 */
export function einsum(equation: string, inputs: readonly Tensor[]): Tensor {
  const { operands, output } = parse(equation, inputs)
  let result = operands[0]!
  operands.slice(1).forEach((next, i) => {
    const needed = new Set([...output, ...operands.slice(i + 2).flatMap(({ labels }) => labels)])
    result = contract(result, next, needed)
  })
  const reduced = sumOut(result, new Set(output))
  return transpose(
    reduced.x,
    output.map((label) => reduced.labels.indexOf(label)),
  )
}
