import { add, multiply, reshape, stack, tensor, zerosLike, type Stacked, type Tensor } from '@lemanic/tensor-core'
import { shareOf, type Mix } from './mix.js'
import type { ModelPair } from './model-pair.js'

/** The parameters of several mixes with a new leading axis, [mixes, …shape] each; `names` limits it to some of them. */
export function stackMixes(
  pair: ModelPair,
  mixes: readonly Mix[],
  names: readonly string[] = Object.keys(pair.a),
): Stacked {
  return Object.fromEntries(names.map((name) => [name, stackOne(pair, mixes, name)]))
}

function stackOne(pair: ModelPair, mixes: readonly Mix[], name: string): Tensor {
  const [a, b] = [pair.a[name]!, pair.b[name]!]
  const shares = mixes.map((mix) => shareOf(pair, mix, name))
  const column = (values: readonly number[]): Tensor =>
    tensor(Float32Array.from(values), [values.length, ...a.shape.map(() => 1)], { backend: a.backend })
  const row = (value: Tensor): Tensor => reshape(value, [1, ...value.shape])
  const isEnd = shares.every((share) => share === 0 || share === 1)
  const mixed = isEnd
    ? stack(shares.map((share) => (share === 0 ? a : b)))
    : add(multiply(row(a), column(shares.map((share) => 1 - share))), multiply(row(b), column(shares)))
  if (mixes.every(({ shift }) => shift?.direction[name] === undefined)) return mixed
  const zero = zerosLike(a)
  const directions = stack(mixes.map(({ shift }) => shift?.direction[name] ?? zero))
  return add(mixed, multiply(directions, column(mixes.map(({ shift }) => shift?.scale ?? 0))))
}
