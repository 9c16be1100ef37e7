// Approximate message passing: a sparse x from y = A x + w.
//
//   x⁰ = 0, z⁰ = y;  v = xᵗ + Aᵀ zᵗ;  θ = α ‖zᵗ‖ / √s;  xᵗ⁺¹ = η(v; θ);  zᵗ⁺¹ = y − A xᵗ⁺¹ + zᵗ ‖xᵗ⁺¹‖₀ / s
//
// η soft threshold; the last term is Onsager's correction. A [s, d] has entries of variance 1/s.
//
// Source: Donoho, Maleki, Montanari, "Message-passing algorithms for compressed sensing", PNAS 2009 (arXiv 0907.3574).

import {
  abs,
  add,
  divide,
  greater,
  matmul,
  multiply,
  norm,
  relu,
  cast,
  sign,
  subtract,
  sum,
  zeros,
  type Tensor,
} from '@lemanic/tensor-core'

export interface AmpOptions {
  readonly iterations: number
  /** α: thresholds in deviations of the noise that the residual shows. */
  readonly threshold: number
}

/** The estimate of x [d], given y [s] and A [s, d]. */
export function approximateMessagePassing(y: Tensor, a: Tensor, { iterations, threshold }: AmpOptions): Tensor {
  const [s, d] = a.shape
  let x = zeros([d], { backend: y.backend })
  let z = y
  for (let t = 0; t < iterations; t++) {
    const v = add(x, matmul(z, a))
    const theta = multiply(norm(z), threshold / Math.sqrt(s))
    x = multiply(sign(v), relu(subtract(abs(v), theta)))
    const active = sum(cast(greater(abs(x), 0), 'float32'))
    z = add(subtract(y, matmul(a, x)), multiply(z, divide(active, s)))
  }
  return x
}
