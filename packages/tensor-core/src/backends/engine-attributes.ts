import type { AttributeWords } from '@lemanic/tensor-native'
import type { Convolution, KeyWords, OperationAttributes, Pooling } from '../backend.js'
import { changes, type Changing } from '../compile/dynamic-number.js'

/** Attribute words of each operation, as the engine's kernels document them; absent means no words. */
type Encoders = {
  readonly [Name in keyof OperationAttributes]?: (
    words: AttributeWords,
    attributes: OperationAttributes[Name],
  ) => AttributeWords
}

interface Reduction {
  readonly axes: readonly number[]
}

const axisMask = (words: AttributeWords, { axes }: Reduction): AttributeWords =>
  words.integer(axes.reduce((mask, axis) => mask | (1 << axis), 0))
/** A float64 attribute that a recording may have to read anew at each replay. */
function scalar<Name extends string>(
  words: AttributeWords,
  attributes: Readonly<Record<Name, number>> & Changing,
  name: Name,
): AttributeWords {
  const read = attributes[changes]?.[name] as (() => number) | undefined
  return read === undefined ? words.number(attributes[name]) : words.changingNumber(read)
}
function key(words: AttributeWords, attributes: { readonly key: KeyWords } & Changing): AttributeWords {
  const read = attributes[changes]?.['key'] as (() => KeyWords) | undefined
  return read === undefined ? words.integers(attributes.key) : words.changingIntegers(read)
}
const ignoreIndex = (words: AttributeWords, attributes: { readonly ignoreIndex: number }): AttributeWords =>
  words.integer(attributes.ignoreIndex)
const approximate = (words: AttributeWords, attributes: { readonly approximate: 'none' | 'tanh' }): AttributeWords =>
  words.flag(attributes.approximate === 'tanh')
const steps = (
  words: AttributeWords,
  { begin, strides }: { readonly begin: readonly number[]; readonly strides: readonly number[] },
): AttributeWords => words.integers(begin).integers(strides)
const attention = (words: AttributeWords, attributes: OperationAttributes['attention']): AttributeWords => {
  const { segments, causal, scale, hasBias } = attributes
  scalar(words.integer(segments).flag(causal).flag(hasBias).number(scale), attributes, 'used')
  return key(words.number(attributes.rate), attributes)
}
const convolution = (words: AttributeWords, { strides, dilations, groups, padding }: Convolution): AttributeWords =>
  words.integers(strides).integers(dilations).integer(groups).integers(padding)
const pooling = (words: AttributeWords, { window, strides, padding }: Pooling): AttributeWords =>
  words.integers(window).integers(strides).integers(padding)

export const attributeEncoders: Encoders = {
  full: (words, attributes) => scalar(words, attributes, 'value'),
  range: (words, { start, step }) => words.number(start).number(step),
  randomBits: key,
  randomUniform: key,
  randomNormal: key,
  sum: axisMask,
  prod: axisMask,
  max: axisMask,
  min: axisMask,
  argMax: (words, { axis }) => words.integer(axis),
  argMin: (words, { axis }) => words.integer(axis),
  cumulativeSum: (words, { axis, exclusive, reverse }) => words.integer(axis).flag(exclusive).flag(reverse),
  sort: (words, { axis, descending }) => words.integer(axis).flag(descending),
  topK: (words, { k }) => words.integer(k),
  transpose: (words, { permutation }) => words.integers(permutation),
  slice: steps,
  sliceGradient: steps,
  pad: (words, { before, value }) => words.number(value).integers(before),
  flip: axisMask,
  concat: (words, { axis }) => words.integer(axis),
  gather: (words, { axis }) => words.integer(axis),
  scatterAdd: (words, { axis, size }) => words.integer(axis).integer(size),
  takeAlongAxis: (words, { axis }) => words.integer(axis),
  takeAlongAxisGradient: (words, { axis, size }) => words.integer(axis).integer(size),
  oneHot: (words, { depth }) => words.integer(depth),
  matmul: (words, { transposeA, transposeB }) => words.flag(transposeA).flag(transposeB),
  conv2d: convolution,
  conv2dBias: (words, attributes) => convolution(words, attributes).flag(attributes.rectify),
  conv2dInputGradient: convolution,
  conv2dFilterGradient: convolution,
  maxPool2d: pooling,
  maxPool2dGradient: pooling,
  averagePool2d: pooling,
  averagePool2dGradient: pooling,
  gelu: approximate,
  geluGradient: approximate,
  linear: (words, { hasBias }) => words.flag(hasBias),
  linears: (words, { hasBias }) => hasBias.reduce((all, flag) => all.flag(flag), words),
  updateRows: (words, attributes) => scalar(words, attributes, 'at'),
  layerNorm: (words, { epsilon, hasBias }) => words.number(epsilon).flag(hasBias),
  layerNormGradient: (words, { hasBias }) => words.flag(hasBias),
  rmsNorm: (words, { epsilon }) => words.number(epsilon),
  triangularSolve: (words, { lower, transpose }) => words.flag(lower).flag(transpose),
  lstmGradient: (words, { hasCellGradient }) => words.flag(hasCellGradient),
  attention,
  attentionGradient: attention,
  rotary: (words, { base, interleaved, offset, inverse, hasPositions }) =>
    words.flag(interleaved).integer(offset).flag(inverse).flag(hasPositions).number(base),
  softmaxCrossEntropy: ignoreIndex,
  softmaxCrossEntropyGradient: ignoreIndex,
  dropout: (words, attributes) => key(words, attributes).number(attributes.rate),
  adamw: (words, attributes) => {
    const { count, beta1, beta2, epsilon, weightDecay } = attributes
    scalar(words.integer(count), attributes, 'learningRate').number(beta1).number(beta2).number(epsilon)
    scalar(words, attributes, 'step')
    for (const decay of weightDecay) words.number(decay)
    return words
  },
  sgd: (words, attributes) => {
    const { count, momentum, nesterov, weightDecay } = attributes
    scalar(words.integer(count).flag(nesterov), attributes, 'learningRate').number(momentum)
    for (const decay of weightDecay) words.number(decay)
    return words
  },
}
