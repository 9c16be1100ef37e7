import type { DType } from '../../dtype.js'
import { errorFunction } from './error-function.js'
import { roundHalfToEven } from './half-precision.js'
import { dtypeError, type CpuKernel, type CpuKernels, type HostArray } from './host-array.js'
import { broadcastStrides, forEachRow, stridesOf } from './strides.js'

type Unary = (x: number) => number
type Binary = (a: number, b: number) => number
type Computable = Exclude<DType, 'bfloat16' | 'float16'>

// Arithmetic is done in double precision and rounded once, when the result is stored in its typed array; int32
// results wrap around there, too.

function unary(rules: Partial<Record<Computable, Unary>>): CpuKernel<unknown> {
  return ([x], _, [y]) => {
    const apply = ruleFor(rules, x)
    const { values } = x
    const result = y.values
    for (let i = 0; i < values.length; i++) result[i] = apply(values[i])
  }
}

function binary(rules: Partial<Record<Computable, Binary>>): CpuKernel<unknown> {
  return ([a, b], _, [y]) => {
    const apply = ruleFor(rules, a)
    ruleFor(rules, b)
    const left = a.values
    const right = b.values
    const result = y.values
    const walks = [a, b].map((operand) => ({ strides: broadcastStrides(operand.shape, y.shape) }))
    forEachRow(y.shape, [...walks, { strides: stridesOf(y.shape) }], (length, offsets, steps) => {
      let [i, j, k] = offsets
      const [di, dj, dk] = steps
      for (let n = 0; n < length; n++, i += di, j += dj, k += dk) result[k] = apply(left[i], right[j])
    })
  }
}

function ruleFor<Rule>(rules: Partial<Record<Computable, Rule>>, operand: HostArray): Rule {
  const rule = rules[operand.dtype as Computable]
  if (rule === undefined) throw dtypeError(Object.keys(rules).join(' or '), operand)
  return rule
}

const float32 = (rule: Unary) => unary({ float32: rule })
const signed = (rule: Unary) => unary({ float32: rule, int32: rule })
const numeric = (rule: Binary) => binary({ float32: rule, int32: rule })
const compare = (holds: (a: number, b: number) => boolean) => {
  const rule: Binary = (a, b) => (holds(a, b) ? 1 : 0)
  return binary({ float32: rule, int32: rule, bool: rule })
}

/** C's pow where JavaScript's differs: 1 to any power, and −1 to an infinite one, is 1. */
function power(base: number, exponent: number): number {
  if (base === 1 || (base === -1 && Math.abs(exponent) === Infinity)) return 1
  return base ** exponent
}

/** The remainder with the divisor's sign, as in Python. */
function modulo(a: number, b: number): number {
  const remainder = a % b
  if (remainder === 0) return b < 0 || Object.is(b, -0) ? -0 : 0
  return remainder < 0 === b < 0 ? remainder : remainder + b
}

const where: CpuKernels['where'] = ([condition, a, b], _, [y]) => {
  const test = condition.values
  const yes = a.values
  const no = b.values
  const result = y.values
  const walks = [condition, a, b].map((operand) => ({ strides: broadcastStrides(operand.shape, y.shape) }))
  forEachRow(y.shape, [...walks, { strides: stridesOf(y.shape) }], (length, offsets, steps) => {
    let [c, i, j, k] = offsets
    const [dc, di, dj, dk] = steps
    for (let n = 0; n < length; n++, c += dc, i += di, j += dj, k += dk) result[k] = test[c] ? yes[i] : no[j]
  })
}

export const elementWiseKernels = {
  negative: signed((x) => -x),
  abs: signed(Math.abs),
  sign: signed(Math.sign), // of NaN: NaN
  square: unary({ float32: (x) => x * x, int32: (x) => Math.imul(x, x) }),
  exp: float32(Math.exp),
  expm1: float32(Math.expm1),
  log: float32(Math.log),
  log1p: float32(Math.log1p),
  sqrt: float32(Math.sqrt),
  rsqrt: float32((x) => 1 / Math.sqrt(x)),
  reciprocal: float32((x) => 1 / x),
  sin: float32(Math.sin),
  cos: float32(Math.cos),
  tanh: float32(Math.tanh),
  sigmoid: float32((x) => 1 / (1 + Math.exp(-x))),
  erf: float32(errorFunction),
  floor: float32(Math.floor),
  ceil: float32(Math.ceil),
  round: float32(roundHalfToEven),
  relu: float32((x) => (x < 0 ? 0 : x)), // NaN stays
  isNaN: float32((x) => (Number.isNaN(x) ? 1 : 0)),
  isFinite: float32((x) => (Number.isFinite(x) ? 1 : 0)),
  logicalNot: unary({ bool: (x) => 1 - x }),

  add: numeric((a, b) => a + b),
  subtract: numeric((a, b) => a - b),
  multiply: binary({ float32: (a, b) => a * b, int32: Math.imul }),
  divide: binary({ float32: (a, b) => a / b, int32: (a, b) => (b === 0 ? 0 : Math.trunc(a / b)) }), // int32: x / 0 = 0
  power: binary({ float32: power }),
  maximum: numeric(Math.max),
  minimum: numeric(Math.min),
  modulo: binary({ float32: modulo, int32: (a, b) => (b === 0 ? 0 : modulo(a, b)) }), // int32: x mod 0 = 0
  equal: compare((a, b) => a === b),
  notEqual: compare((a, b) => a !== b),
  less: compare((a, b) => a < b),
  lessEqual: compare((a, b) => a <= b),
  greater: compare((a, b) => a > b),
  greaterEqual: compare((a, b) => a >= b),
  logicalAnd: binary({ bool: (a, b) => a & b }),
  logicalOr: binary({ bool: (a, b) => a | b }),
  where,
} satisfies Partial<CpuKernels>
