import type { Stacked } from '@lemanic/tensor-core'

/** Shapes by name without the worker axis. */
export function shapesOf(stacked: Stacked): Record<string, readonly number[]> {
  return Object.fromEntries(Object.entries(stacked).map(([name, { shape }]) => [name, shape.slice(1)]))
}

/** Number of entries of a shape; 1 for a scalar. */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, length) => product * length, 1)
}
