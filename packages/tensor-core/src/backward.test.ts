import { describe, expect, it } from 'vitest'
import type { Backend, Operand } from './backend.js'
import { createCpuBackend } from './backends/cpu/create-cpu-backend.js'
import { hessianVectorProduct } from './curvature.js'
import { softmaxCrossEntropy, tensor } from './operations/index.js'
import { scope } from './scope.js'
import type { Tensor } from './tensor.js'

/** The cpu backend with a cross-entropy of its own, so that its second derivative goes through the fused gradient. */
function withFusedCrossEntropy(): Backend {
  const cpu = createCpuBackend()
  const read = (operand: Operand): ArrayLike<number> => cpu.read(operand.handle, operand)
  return {
    ...cpu,
    kernels: {
      ...cpu.kernels,
      softmaxCrossEntropy([logits, targets], _, outputs) {
        const [x, t] = [read(logits!), read(targets!)]
        const classes = logits!.shape[1]!
        const totals = Float32Array.from(t, (_, row) =>
          Math.log(Array.from({ length: classes }, (_, c) => Math.exp(x[row * classes + c]!)).reduce((a, b) => a + b)),
        )
        const losses = totals.map((total, row) => total - x[row * classes + t[row]!]!)
        return [cpu.write(losses, outputs[0]!), cpu.write(totals, outputs[1]!)]
      },
      softmaxCrossEntropyGradient([g, logits, targets, totals], _, outputs) {
        const [weight, x, t, total] = [g!, logits!, targets!, totals!].map(read)
        const classes = logits!.shape[1]!
        const dx = Float32Array.from(x!, (value, i) => {
          const row = Math.floor(i / classes)
          return weight![row]! * (Math.exp(value - total![row]!) - (i % classes === t![row] ? 1 : 0))
        })
        return [cpu.write(dx, outputs[0]!)]
      },
    },
  }
}

describe('second derivatives through a fused gradient', () => {
  it('are those of the composition, where a second output takes part only in the gradient', () => {
    const product = (backend: Backend): number[] =>
      scope(() => {
        const logits = tensor(
          [
            [0.5, -1, 2],
            [0, 1, 0.25],
          ],
          undefined,
          { backend },
        )
        const targets = tensor(Int32Array.of(2, 0), [2], { backend })
        const direction = tensor(
          [
            [1, 0.5, -1],
            [0.25, 0, 2],
          ],
          undefined,
          { backend },
        )
        return [...hessianVectorProduct((x: Tensor) => softmaxCrossEntropy(x, targets), logits, direction).dataSync()]
      })
    const expected = product(createCpuBackend())
    product(withFusedCrossEntropy()).forEach((value, i) => expect(value).toBeCloseTo(expected[i]!, 5))
    expect(Math.hypot(...expected)).toBeGreaterThan(0.1)
  })
})
