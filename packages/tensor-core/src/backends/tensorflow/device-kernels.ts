import type { DeviceKernels } from './device-kernel.js'
import { elementWiseKernels } from './element-wise.js'
import { indexingKernels } from './indexing.js'
import { productKernels } from './products.js'
import { reductionKernels } from './reductions.js'
import { shapeKernels } from './shapes.js'

export const deviceKernels: DeviceKernels = {
  ...elementWiseKernels,
  ...reductionKernels,
  ...shapeKernels,
  ...indexingKernels,
  ...productKernels,
}
