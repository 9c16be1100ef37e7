import { allocateArray, createCpuBackend } from '@lemanic/tensor-core'
import type { AttentionAttributes, Backend, Kernel, Kernels, Operand, Spec } from '@lemanic/tensor-core'

const sizeOf = (shape: readonly number[]): number => shape.reduce((product, length) => product * length, 1)

function multiplyAccumulates(name: string, inputs: readonly Operand[], attributes: unknown, output: Spec): number {
  if (name === 'linear') return sizeOf(inputs[0]!.shape) * inputs[1]!.shape[0]!
  if (name === 'linears') {
    const { length } = (attributes as { hasBias: readonly boolean[] }).hasBias
    return inputs.slice(1, 1 + length).reduce((sum, { shape }) => sum + sizeOf(inputs[0]!.shape) * shape[0]!, 0)
  }
  if (name === 'matmul')
    return sizeOf(output.shape) * inputs[0]!.shape.at((attributes as { transposeA: boolean }).transposeA ? -2 : -1)!
  if (name !== 'attention') return 0
  const { segments, used } = attributes as AttentionAttributes
  const keys = inputs.slice(1, 1 + segments).reduce((total, key) => total + (used < 0 ? key.shape[1]! : used), 0)
  return 2 * sizeOf(inputs[0]!.shape) * keys
}

/**
 * An engine that has every fused kernel and computes nothing: outputs of the right shapes, all zero. It shows how much
 * memory and how many multiply–accumulates a computation takes, whatever the values.
 */
export function createShapeBackend(): Backend & { multiplyAccumulates: number } {
  const cpu = createCpuBackend()
  const kernels = new Proxy({} as Kernels, {
    get:
      (_, name: string): Kernel<unknown> =>
      (inputs, attributes, outputs) => {
        backend.multiplyAccumulates += multiplyAccumulates(name, inputs, attributes, outputs[0]!)
        return outputs.map((spec) => cpu.write(allocateArray(spec.dtype, sizeOf(spec.shape)), spec))
      },
  })
  const backend = { ...cpu, name: 'shapes', kernels, multiplyAccumulates: 0 }
  return backend
}
