import { argumentError, shapeError } from '../errors.js'
import { run } from '../run.js'
import { formatShape, sizeOf } from '../shape.js'
import type { Tensor } from '../tensor.js'
import { add } from './binary.js'
import { expectDType, expectRank } from './define.js'
import { type Fused } from './fused.js'
import { gather, scatterAdd } from './indexing.js'
import { matmul } from './matmul.js'
import { sum } from './reduction.js'
import { reshape } from './shaping.js'
import { cast } from './unary.js'

/** x as a matrix [rows, width]. */
function asRows(x: Tensor): Tensor {
  return x.rank === 2 ? x : reshape(x, [sizeOf(x.shape.slice(0, -1)), x.shape[x.rank - 1]!])
}

const linearOperation: Fused<'linear'> = {
  name: 'linear',
  infer([x, weight, bias]) {
    expectDType('linear', x!, 'float32')
    expectDType('linear', weight!, 'float32', 'bfloat16', 'float16')
    expectRank('linear', 'the weight', weight!, 2)
    const [outer, inner] = weight!.shape as [number, number]
    if (x!.shape.length === 0 || x!.shape[x!.shape.length - 1] !== inner) {
      throw shapeError(
        'linear',
        `x ${formatShape(x!.shape)} does not end in the ${inner} inputs of the weight ${formatShape(weight!.shape)}`,
      )
    }
    if (bias !== undefined && (bias.shape.length !== 1 || bias.shape[0] !== outer)) {
      throw shapeError('linear', `the bias must have shape [${outer}], got ${formatShape(bias.shape)}`)
    }
    return [{ shape: [...x!.shape.slice(0, -1), outer], dtype: 'float32' }]
  },
  compose([x, weight, bias]) {
    const product = matmul(asRows(x!), weight!, { transposeB: true })
    const shaped = reshape(product, [...x!.shape.slice(0, -1), weight!.shape[0]!])
    return [bias === undefined ? shaped : add(shaped, bias)]
  },
  gradient({ gradients, inputs, needs }) {
    const [x, weight] = inputs as [Tensor, Tensor]
    const g = asRows(gradients[0]!)
    return [
      needs[0] ? reshape(matmul(g, weight), x.shape) : undefined,
      needs[1] ? matmul(g, asRows(x), { transposeA: true }) : undefined,
      needs[2] ? sum(g, 0) : undefined,
    ]
  },
}

/** x·Wᵀ + b: x […, in], weight [out, in] (float32, or stored in 16 bits), bias [out] or none → […, out]. */
export function linear(x: Tensor, weight: Tensor, bias?: Tensor): Tensor {
  return run(linearOperation, bias === undefined ? [x, weight] : [x, weight, bias], { hasBias: bias !== undefined })[0]!
}

const linearsOperation: Fused<'linears'> = {
  name: 'linears',
  infer: (inputs, { hasBias }) =>
    eachLinear(inputs, hasBias).map((own) => linearOperation.infer(own, { hasBias: own.length > 2 })[0]!),
  compose: (inputs, { hasBias }) => eachLinear(inputs, hasBias).map(([x, weight, bias]) => linear(x!, weight!, bias)),
  gradient({ gradients, inputs, attributes: { hasBias }, needs }) {
    const x = inputs[0]!
    const rows = asRows(x)
    const count = hasBias.length
    const incoming = gradients.map((g) => g && asRows(g))
    let ofX: Tensor | undefined
    incoming.forEach((g, i) => {
      if (!needs[0] || g === undefined) return
      const part = matmul(g, inputs[1 + i]!)
      ofX = ofX === undefined ? part : add(ofX, part)
    })
    const ofWeights = incoming.map((g, i) =>
      g !== undefined && needs[1 + i] ? matmul(g, rows, { transposeA: true }) : undefined,
    )
    const biased = incoming.filter((_, i) => hasBias[i])
    const ofBiases = biased.map((g, i) => (g !== undefined && needs[1 + count + i] ? sum(g, 0) : undefined))
    return [ofX && reshape(ofX, x.shape), ...ofWeights, ...ofBiases]
  },
}

/** The inputs of each of several linear layers. */
function eachLinear<Item>(inputs: readonly Item[], hasBias: readonly boolean[]): Item[][] {
  let bias = 1 + hasBias.length
  return hasBias.map((has, i) => [inputs[0]!, inputs[1 + i]!, ...(has ? [inputs[bias++]!] : [])])
}

/** At most this many at once. */
const mostLinears = 8

/**
 * Several linear layers of one x in one operation, as `linear` for each: x […, in], weights [outₖ, in], biases [outₖ] or
 * undefined → […, outₖ] each. Up to eight. For few rows, as in decoding, threads go from one to the next without waiting.
 */
export function linears(
  x: Tensor,
  weights: readonly Tensor[],
  biases: readonly (Tensor | undefined)[] = [],
): readonly Tensor[] {
  if (weights.length < 1 || weights.length > mostLinears || biases.length > weights.length)
    throw argumentError(
      'linears',
      `expected 1 to ${mostLinears} weights and no more biases, got ${weights.length} and ${biases.length}`,
    )
  const hasBias = weights.map((_, i) => biases[i] !== undefined)
  return run(linearsOperation, [x, ...weights, ...biases.filter((bias) => bias !== undefined)], { hasBias })
}

const embeddingOperation: Fused<'embedding'> = {
  name: 'embedding',
  infer([table, ids]) {
    expectRank('embedding', 'the table', table!, 2)
    expectDType('embedding', table!, 'float32', 'bfloat16', 'float16')
    expectDType('embedding', ids!, 'int32')
    return [{ shape: [...ids!.shape, table!.shape[1]!], dtype: 'float32' }]
  },
  compose: ([table, ids]) => [cast(gather(table!, ids!, 0), 'float32')],
  gradient: ({ gradients, inputs }) => [
    scatterAdd(gradients[0]!, inputs[1]!, { size: inputs[0]!.shape[0]! }),
    undefined,
  ],
}

/** Rows of a table [vocabulary, d] (float32, or stored in 16 bits) for int32 ids of any shape → [ids…, d] float32. */
export function embedding(table: Tensor, ids: Tensor): Tensor {
  return run(embeddingOperation, [table, ids], {})[0]!
}
