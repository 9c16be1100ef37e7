import type { Backend, Kernel, Operand, PrimitiveName, Spec } from '../../backend.js'
import type { DType } from '../../dtype.js'
import { decodeBfloat16, decodeFloat16 } from '../cpu/half-precision.js'
import type { HostArray } from '../cpu/host-array.js'
import type { DeviceKernel, DeviceKernels } from './device-kernel.js'
import type { DeviceTensor, Operators } from './operators.js'
import { probeQuestions } from './probe-questions.js'
import type { Question } from './question.js'

type AnyKernel = Kernel<Readonly<Record<string, unknown>>>
type AnyDeviceKernel = DeviceKernel<Readonly<Record<string, unknown>>>
export type Tidy = <Result>(compute: () => Result, kept: (result: Result) => readonly DeviceTensor[]) => Result

/** What decides which kernel is right: the dtypes, of which one stands for all. */
export function kernelKey(name: PrimitiveName, inputs: readonly Spec[], outputs: readonly Spec[]): string {
  if (name === 'cast') return `${inputs[0]!.dtype} to ${outputs[0]!.dtype}`
  if (name === 'where') return inputs[1]!.dtype
  if (name === 'matmul') return 'float32'
  return (inputs[0] ?? outputs[0]!).dtype
}

export interface ChosenKernels {
  /** By primitive and key. */
  readonly kernels: ReadonlyMap<PrimitiveName, ReadonlyMap<string, AnyDeviceKernel>>
  /** Primitives that run on the host, those of one dtype as `name:dtype`. */
  readonly fallbacks: readonly string[]
}

/** Puts the questions of every primitive to its kernels and keeps the first that answers as the `cpu` backend does. */
export function chooseKernels(
  operators: Operators,
  candidates: DeviceKernels,
  oracle: Backend,
  tidy: Tidy,
): ChosenKernels {
  const kernels = new Map<PrimitiveName, Map<string, AnyDeviceKernel>>()
  const all = probeQuestions()
  const held = (dtype: DType): boolean => operators.stores.includes(dtype)
  const fallbacks = allDTypes.filter((dtype) => !held(dtype)).map((dtype) => `*:${dtype}`)
  for (const name of Object.keys(oracle.kernels) as PrimitiveName[]) {
    const chosen = new Map<string, AnyDeviceKernel>()
    const wrong: string[] = [...(hostOnly[name] ?? [])]
    for (const [key, questions] of questionsByKey(all, name, held)) {
      const answers = questions.map((question) => hostAnswer(oracle, name, question))
      const right = ((candidates[name] ?? []) as readonly AnyDeviceKernel[]).find((kernel) =>
        questions.every((question, i) =>
          agrees(deviceAnswer(operators, kernel, question, tidy), answers[i]!, question),
        ),
      )
      if (right === undefined) wrong.push(key.replaceAll(' ', '-'))
      else chosen.set(key, right)
    }
    kernels.set(name, chosen)
    if (chosen.size === 0) fallbacks.push(name)
    else fallbacks.push(...wrong.map((key) => `${name}:${key}`))
  }
  return { kernels, fallbacks }
}

const allDTypes: readonly DType[] = ['float32', 'int32', 'bool', 'bfloat16', 'float16']

/** Never asked: TensorFlow's division of −2³¹ by −1 stops the process, and its division by 0 is an error. */
const hostOnly: Readonly<Partial<Record<PrimitiveName, readonly DType[]>>> = { divide: ['int32'], modulo: ['int32'] }

/** The questions whose dtypes the engine holds. */
function questionsByKey(
  all: ReturnType<typeof probeQuestions>,
  name: PrimitiveName,
  held: (dtype: DType) => boolean,
): Map<string, Question[]> {
  const grouped = new Map<string, Question[]>()
  for (const question of all[name] ?? []) {
    if (![...question.inputs, ...question.outputs].every(({ dtype }) => held(dtype))) continue
    const key = kernelKey(name, question.inputs, question.outputs)
    grouped.set(key, [...(grouped.get(key) ?? []), question])
  }
  return grouped
}

function hostAnswer(oracle: Backend, name: PrimitiveName, { inputs, attributes, outputs }: Question): HostArray[] {
  const operands: Operand[] = inputs.map((input) => ({ ...input, handle: oracle.write(input.values, input) }))
  const handles = (oracle.kernels[name] as AnyKernel)(operands, attributes, outputs)
  const answer = outputs.map((spec, i) => ({ ...spec, values: oracle.read(handles[i]!, spec) }))
  for (const { handle } of operands) oracle.free(handle)
  for (const handle of handles) oracle.free(handle)
  return answer
}

/** Undefined when the engine refuses, or gives another shape or dtype. */
function deviceAnswer(
  operators: Operators,
  kernel: AnyDeviceKernel,
  { inputs, attributes, outputs }: Question,
  tidy: Tidy,
): HostArray[] | undefined {
  try {
    return tidy(
      () => {
        const operands = inputs.map((input) => operators.create(input.values, input))
        const results = kernel(operators, operands, attributes, outputs)
        return results?.map((y) => ({ shape: y.shape, dtype: y.dtype, values: operators.read(y) }))
      },
      () => [],
    )
  } catch {
    return undefined
  }
}

const decoders: Readonly<Partial<Record<DType, (bits: number) => number>>> = {
  bfloat16: decodeBfloat16,
  float16: decodeFloat16,
}

function agrees(
  actual: readonly HostArray[] | undefined,
  expected: readonly HostArray[],
  { relative = 0, scaled = 0, anyZero = false }: Question,
): boolean {
  return expected.every((reference, i) => {
    const answer = actual?.[i]
    if (answer === undefined || answer.dtype !== reference.dtype || answer.shape.join() !== reference.shape.join())
      return false
    const decode = decoders[reference.dtype] ?? ((value: number) => value)
    let largest = 0
    for (const value of reference.values) {
      const size = Math.abs(decode(value))
      if (size < Infinity) largest = Math.max(largest, size)
    }
    return reference.values.every((value: number, k: number) => {
      const [a, b] = [decode(answer.values[k]!), decode(value)]
      if (a === b) return Object.is(a, b) || anyZero || relative + scaled > 0
      if (Number.isNaN(a) && Number.isNaN(b)) return true
      return Math.abs(a - b) <= relative * Math.abs(b) + scaled * largest + 2 ** -126
    })
  })
}
