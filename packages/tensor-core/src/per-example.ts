import { argumentError } from './errors.js'
import { valueAndGrad, type LossResult } from './gradients.js'
import { gather } from './operations/indexing.js'
import { stack } from './operations/shaping.js'
import { tensor } from './operations/creation.js'
import { reshape } from './operations/shaping.js'
import { scope } from './scope.js'
import type { Tensor } from './tensor.js'
import { leavesOf, rebuild, type Tree } from './tree.js'

export interface GroupedGradients<In extends Tree> {
  /** float32 [groups]. */
  readonly losses: Tensor
  /** Like the parameters, each with a leading axis of length groups. */
  readonly grads: In
}

/**
 * Gradients group by group: `groups` lists, for each group, the examples (positions on the first axis of every
 * tensor in the batch) that it holds. `loss` sees the sub-batch of one group at a time. Groups may overlap.
 */
export function perGroupGradients<In extends Tree, Batch extends Tree>(
  loss: (parameters: In, batch: Batch) => LossResult<unknown>,
  parameters: In,
  batch: Batch,
  groups: readonly (readonly number[])[],
): GroupedGradients<In> {
  const columns = leavesOf(batch, 'perGroupGradients')
  const count = columns[0]?.shape[0]
  if (count === undefined || columns.some(({ shape }) => shape[0] !== count)) {
    throw argumentError('perGroupGradients', 'every tensor of the batch needs the same first axis, the examples')
  }
  if (groups.length === 0) throw argumentError('perGroupGradients', 'expected at least one group')
  const both = valueAndGrad(loss)
  return scope(() => {
    const results = groups.map((group, position) => {
      for (const example of group) {
        if (!Number.isInteger(example) || example < 0 || example >= count) {
          throw argumentError('perGroupGradients', `group ${position} names example ${example} of a batch of ${count}`)
        }
      }
      return scope(() => {
        const indices = tensor(Int32Array.from(group), [group.length], { backend: columns[0]!.backend })
        const part = rebuild(
          batch,
          columns.map((column) => gather(column, indices, 0)),
        )
        const { loss: value, grads } = both(parameters, part)
        return { value, leaves: leavesOf(grads, 'perGroupGradients') }
      })
    })
    const leaves = results[0]!.leaves.map((_, i) => stack(results.map((result) => result.leaves[i]!)))
    return { losses: stack(results.map(({ value }) => reshape(value, []))), grads: rebuild(parameters, leaves) }
  })
}

/** One gradient an example of the batch: `perGroupGradients` with every example a group of its own. */
export function perExampleGradients<In extends Tree, Batch extends Tree>(
  loss: (parameters: In, batch: Batch) => LossResult<unknown>,
  parameters: In,
  batch: Batch,
): GroupedGradients<In> {
  const count = leavesOf(batch, 'perExampleGradients')[0]?.shape[0] ?? 0
  return perGroupGradients(
    loss,
    parameters,
    batch,
    Array.from({ length: count }, (_, i) => [i]),
  )
}
