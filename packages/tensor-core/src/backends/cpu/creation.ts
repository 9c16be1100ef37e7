import { fillRandomBits } from '../../random/bits.js'
import { fillRandomNormal } from '../../random/normal.js'
import { fillRandomUniform } from '../../random/uniform.js'
import { encodeAs } from './cast.js'
import type { CpuKernels } from './host-array.js'

export const creationKernels = {
  full: (_, { value }, [y]) => void y.values.fill(encodeAs(y.dtype, value)),
  range: (_, { start, step }, [y]) => {
    for (let i = 0; i < y.values.length; i++) y.values[i] = encodeAs(y.dtype, start + i * step)
  },
  randomBits: (_, { key }, [y]) => fillRandomBits(key, y.values as Int32Array),
  randomUniform: (_, { key }, [y]) => fillRandomUniform(key, y.values as Float32Array),
  randomNormal: (_, { key }, [y]) => fillRandomNormal(key, y.values as Float32Array),
} satisfies Partial<CpuKernels>
