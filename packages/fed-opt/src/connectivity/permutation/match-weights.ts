import { checkSameStructure, randomPermutation, type Params, type RandomKey } from '@lemanic/tensor-core'
import { checkWhole } from '../../refuse.js'
import { linearAssignment } from './linear-assignment.js'
import {
  applyPermutations,
  axisIndices,
  axisOf,
  permutationSizes,
  type Permutations,
  type PermutationSpec,
} from './permutation-spec.js'

export interface MatchWeightsOptions {
  readonly spec: PermutationSpec
  /** Order in which the permutations are visited. */
  readonly key: RandomKey
  /** Passes over all permutations at most, ≥ 1. Default 100. */
  readonly maximumPasses?: number
}

export interface WeightMatching {
  /** Model b with its hidden units renumbered to lie closest to model a. */
  readonly params: Params
  readonly permutations: Permutations
  readonly passes: number
  /** Σ over all parameters of ⟨a, permuted b⟩, after each pass: never falls. */
  readonly similarity: readonly number[]
}

/**
 * Renumbers the hidden units of b so that its weights lie as close to those of a as one can find: permutation after
 * permutation, each the best one while the others are held, until none changes.
 *
 * Ainsworth, Hayase, Srinivasa, "Git Re-Basin", 2023 (arXiv 2209.04836), algorithm 1. In double precision on the host.
 */
export function matchWeights(a: Params, b: Params, options: MatchWeightsOptions): WeightMatching {
  const { spec, key, maximumPasses = 100 } = options
  checkWhole('matchWeights', 'maximumPasses', maximumPasses, 1)
  checkSameStructure(a, b, { where: 'matchWeights', got: 'model b' })
  const sizes = permutationSizes(a, spec)
  const names = [...sizes.keys()]
  const current: Record<string, Int32Array> = Object.fromEntries(
    names.map((name) => [name, Int32Array.from({ length: sizes.get(name)! }, (_, i) => i)]),
  )
  const tables = Object.keys(spec).map((name) => ({
    axes: spec[name]!,
    shape: a[name]!.shape,
    a: Float64Array.from(a[name]!.dataSync() as Float32Array),
    b: Float64Array.from(b[name]!.dataSync() as Float32Array),
  }))
  const total = (): number => tables.reduce((sum, table) => sum + dot(table.a, permuted(table, current)), 0)
  const similarity: number[] = []
  let passes = 0
  for (let isMoving = names.length > 0; isMoving && passes < maximumPasses; passes++) {
    isMoving = false
    for (const which of randomPermutation(key.foldIn(passes), names.length)) {
      const name = names[which]!
      const cost = unitProducts(tables, name, sizes.get(name)!, current)
      const gain = (order: Int32Array): number => order.reduce((sum, unit, i) => sum + cost[i]![unit]!, 0)
      const best = linearAssignment(cost.map((row) => row.map((value) => -value)))
      const old = gain(current[name]!)
      if (gain(best) > old + 1e-12 * Math.abs(old)) {
        current[name] = best
        isMoving = true
      }
    }
    similarity.push(total())
  }
  return { params: applyPermutations(b, spec, current), permutations: current, passes, similarity }
}

interface Table {
  readonly axes: PermutationSpec[string]
  readonly shape: readonly number[]
  readonly a: Float64Array
  readonly b: Float64Array
}

/** b with its axes permuted, all but those of one permutation. */
function permuted({ axes, shape, b }: Table, permutations: Permutations, except?: string): Float64Array {
  const indices = axes.map((axis, i) =>
    axisIndices(axis !== null && axisOf(axis).permutation === except ? null : axis, shape[i]!, permutations),
  )
  const out = new Float64Array(b.length)
  const strides = shape.map((_, i) => shape.slice(i + 1).reduce((product, length) => product * length, 1))
  for (let at = 0; at < out.length; at++) {
    let from = 0
    for (let i = 0; i < shape.length; i++) from += indices[i]![Math.floor(at / strides[i]!) % shape[i]!]! * strides[i]!
    out[at] = b[from]!
  }
  return out
}

/** [unit of a][unit of b]: the inner product of all weights that belong to the two units. */
function unitProducts(
  tables: readonly Table[],
  name: string,
  size: number,
  permutations: Permutations,
): Float64Array[] {
  const products = Array.from({ length: size }, () => new Float64Array(size))
  for (const table of tables) {
    table.axes.forEach((axis, i) => {
      if (axis === null || axisOf(axis).permutation !== name) return
      const b = permuted(table, permutations, name)
      // the parameter as [outer, units, inner], tiles being part of the outer
      const inner = table.shape.slice(i + 1).reduce((product, length) => product * length, 1)
      const outer = table.a.length / (size * inner)
      for (let o = 0; o < outer; o++) {
        for (let p = 0; p < size; p++) {
          const row = products[p]!
          const left = (o * size + p) * inner
          for (let q = 0; q < size; q++) {
            const right = (o * size + q) * inner
            let sum = 0
            for (let k = 0; k < inner; k++) sum += table.a[left + k]! * b[right + k]!
            row[q]! += sum
          }
        }
      }
    })
  }
  return products
}

function dot(x: Float64Array, y: Float64Array): number {
  let sum = 0
  for (let i = 0; i < x.length; i++) sum += x[i]! * y[i]!
  return sum
}
