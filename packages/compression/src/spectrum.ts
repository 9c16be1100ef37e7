import { matmul, reshape, scope, svd, type Params } from '@lemanic/tensor-core'
import { matrixShape, type MatrixShape } from './low-rank/matrix-plan.js'
import { checkOptions, checkWhole } from './refuse.js'

export interface SpectrumOptions {
  /** How many of the largest singular values. */
  readonly top: number
  /** How tensors are seen as matrices. Default: all axes but the last are rows. */
  readonly matrixShape?: MatrixShape
}

/**
 * How much of a gradient is of low rank: for each matrix Σ of the `top` largest σ² over Σ of all σ², 0 … 1; 0 for a
 * matrix of zeros; vectors are left out. Eigenvalues of the smaller Gram matrix: for sides up to a few hundred.
 */
export function gradientSpectrum(params: Params, options: SpectrumOptions): Record<string, number> {
  checkOptions('gradientSpectrum', options, ['top', 'matrixShape'])
  const { top } = options
  checkWhole('gradientSpectrum', 'top', top, 1)
  const shares: Record<string, number> = {}
  for (const [name, value] of Object.entries(params)) {
    const shape = (options.matrixShape ?? matrixShape)(name, value.shape)
    if (shape === undefined) continue
    shares[name] = scope(() => {
      const matrix = reshape(value, shape)
      const isTall = shape[0] >= shape[1]
      const gram = matmul(matrix, matrix, { transposeA: isTall, transposeB: !isTall })
      const energies = svd(gram).s.dataSync() // σ², descending
      let [head, total] = [0, 0]
      energies.forEach((energy, i) => {
        total += Number(energy)
        if (i < top) head += Number(energy)
      })
      return total === 0 ? 0 : head / total
    })
  }
  return shares
}
