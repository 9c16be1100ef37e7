import {
  matmul,
  randomNormal,
  reshape,
  slice,
  stack,
  type Backend,
  type Params,
  type RandomKey,
  type Stacked,
  type Tensor,
} from '@lemanic/tensor-core'
import type { MatrixGroup } from './matrix-plan.js'

export type Side = 'left' | 'right'

/** Factors of a side, by name of the state: [tensors of the group, rows or columns, rank]. */
export function drawFactors(
  groups: readonly MatrixGroup[],
  side: Side,
  key: RandomKey,
  backend: Backend | undefined,
): Record<string, Tensor> {
  return Object.fromEntries(
    groups.map((group) => {
      const length = side === 'left' ? group.rows : group.columns
      const shape = [group.names.length, length, group.rank]
      const own = key.foldIn(`${side}.${group.key}`)
      return [`${side}.${group.key}`, randomNormal(own, shape, backend === undefined ? {} : { backend })]
    }),
  )
}

/** The matrices of a group's members out of [members, length, rank]. */
export function membersOf(group: MatrixGroup, factors: Tensor): Record<string, Tensor> {
  const { names } = group
  const [, length, rank] = factors.shape
  if (names.length === 1) return { [names[0]]: reshape(factors, [length, rank]) }
  return Object.fromEntries(names.map((name, i) => [name, reshape(slice(factors, [[i, i + 1]]), [length, rank])]))
}

/** Members of all groups, back as the state keeps them. */
export function groupFactors(groups: readonly MatrixGroup[], side: Side, members: Params): Record<string, Tensor> {
  return Object.fromEntries(
    groups.map(({ key, names }) => [`${side}.${key}`, stack(names.map((name) => members[name]))]),
  )
}

/** Messages of all compressed tensors as matrices: [workers, rows, columns]. */
export function matricesOf(groups: readonly MatrixGroup[], messages: Stacked): Record<string, Tensor> {
  return Object.fromEntries(
    groups.flatMap(({ names, rows, columns }) =>
      names.map((name) => [name, reshape(messages[name], [messages[name].shape[0], rows, columns])]),
    ),
  )
}

/** Matrix · its other factor: of [workers, n, m] and a right factor [m, r], [workers, n, r]; of a left one, mᵀ·. */
export function project(matrix: Tensor, basis: Tensor, side: Side): Tensor {
  return side === 'right' ? matmul(matrix, basis) : matmul(matrix, basis, { transposeA: true })
}

/** Undoes `project`: basis of a side and what was projected on it ([…, other length, r]) give […, rows, columns]. */
export function restore(basis: Tensor, projected: Tensor, side: Side): Tensor {
  return side === 'left'
    ? matmul(basis, projected, { transposeB: true })
    : matmul(projected, basis, { transposeB: true })
}
