import type { FusedAttributes, FusedName, PrimitiveAttributes, PrimitiveName, Spec } from '../../backend.js'
import type { DeviceTensor, Operators } from './operators.js'

/** Computes on the device; undefined sends this one call to the host (values that the engine cannot sort, say). */
export type DeviceKernel<Attributes> = (
  operators: Operators,
  inputs: readonly DeviceTensor[],
  attributes: Attributes,
  outputs: readonly Spec[],
) => readonly DeviceTensor[] | undefined

/**
 * The ways to compute each primitive, cheapest first. Which one is right depends on the engine, its version and its
 * device; `probes.ts` finds out when the backend is made. A primitive that none computes rightly runs on the host.
 */
export type DeviceKernels = {
  readonly [Name in PrimitiveName]?: readonly DeviceKernel<PrimitiveAttributes[Name]>[]
}

export type FusedDeviceKernels = { readonly [Name in FusedName]?: DeviceKernel<FusedAttributes[Name]> }
