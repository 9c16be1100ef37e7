import type { Backend, Handle, Kernel, Kernels, MemoryInformation, Spec } from '../../backend.js'
import { allocateArray, type DataArray } from '../../dtype.js'
import { argumentError, LemanicError, shapeError } from '../../errors.js'
import { formatShape, sizeOf } from '../../shape.js'
import { castKernels } from './cast.js'
import { convolutionKernels } from './convolution.js'
import { creationKernels } from './creation.js'
import { elementWiseKernels } from './element-wise.js'
import type { CpuKernel, CpuKernels, HostArray } from './host-array.js'
import { indexingKernels } from './indexing.js'
import { matmulKernels } from './matmul.js'
import { poolingKernels } from './pooling.js'
import { reductionKernels } from './reductions.js'
import { shapeKernels } from './shape.js'
import { sortingKernels } from './sorting.js'

const cpuKernels: CpuKernels = {
  ...creationKernels,
  ...elementWiseKernels,
  ...castKernels,
  ...reductionKernels,
  ...sortingKernels,
  ...shapeKernels,
  ...indexingKernels,
  ...matmulKernels,
  ...convolutionKernels,
  ...poolingKernels,
}

/** A buffer of this backend; `values` is gone once it is freed. */
class CpuBuffer {
  values: DataArray | undefined

  constructor(values: DataArray) {
    this.values = values
  }
}

/**
 * The engine in plain TypeScript: every primitive on typed arrays, sums in double precision, indices checked. It runs
 * wherever JavaScript does and is what the other engines are compared with; it offers no fused operation.
 */
export function createCpuBackend(): Backend {
  const alive = { buffers: 0, bytes: 0, peakBytes: 0 }

  function keep(values: DataArray): CpuBuffer {
    alive.buffers++
    alive.bytes += values.byteLength
    alive.peakBytes = Math.max(alive.peakBytes, alive.bytes)
    return new CpuBuffer(values)
  }

  function valuesOf(handle: Handle): DataArray {
    if (!(handle instanceof CpuBuffer)) {
      throw argumentError('cpu backend', 'expected a buffer of its own, got one of another backend')
    }
    if (handle.values === undefined) throw new LemanicError('buffer-freed', 'cpu backend: this buffer was freed before')
    return handle.values
  }

  function bind<Attributes>(kernel: CpuKernel<Attributes>): Kernel<Attributes> {
    return (inputs, attributes, outputs) => {
      const operands = inputs.map(({ handle, shape, dtype }) => ({ shape, dtype, values: valuesOf(handle) }))
      const results: HostArray[] = outputs.map(({ shape, dtype }) => ({
        shape,
        dtype,
        values: allocateArray(dtype, sizeOf(shape)),
      }))
      kernel(operands, attributes, results)
      return results.map((result) => keep(result.values))
    }
  }

  return {
    name: 'cpu',
    kernels: Object.fromEntries(
      Object.entries(cpuKernels).map(([name, kernel]) => [name, bind(kernel as CpuKernel<unknown>)]),
    ) as unknown as Kernels,
    write(values: DataArray, spec: Spec): Handle {
      const size = sizeOf(spec.shape)
      if (values.length !== size) {
        throw shapeError('write', `expected ${size} values for shape ${formatShape(spec.shape)}, got ${values.length}`)
      }
      const copy = allocateArray(spec.dtype, size)
      copy.set(values)
      return keep(copy)
    },
    read: (handle: Handle): DataArray => valuesOf(handle).slice(),
    free(handle: Handle): void {
      alive.bytes -= valuesOf(handle).byteLength
      alive.buffers--
      ;(handle as CpuBuffer).values = undefined
    },
    memory: (): MemoryInformation => ({ ...alive }),
    resetPeak(): void {
      alive.peakBytes = alive.bytes
    },
    describe: () => ({ engine: 'TypeScript', threads: 1 }),
  }
}
