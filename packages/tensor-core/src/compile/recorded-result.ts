import type { Backend, Handle, Operand, Spec } from '../backend.js'
import { adopt } from '../scope.js'
import { isTensor, Storage, Tensor } from '../tensor.js'

/** What a replay builds its result from. */
interface Replayed {
  /** The tensors of its arguments. */
  readonly inputs: readonly Tensor[]
  /** One for each output, and whether a tensor has taken it. */
  readonly storages: readonly Storage[]
  readonly taken: boolean[]
}

type Build = (from: Replayed) => unknown

/** The form of a compiled step's result, and where its tensors come from. */
export interface RecordedResult {
  /** Buffers that a replay has to make. */
  readonly outputs: readonly Operand[]
  build(handles: readonly Handle[], inputs: readonly Tensor[]): unknown
}

const specOf = ({ shape, dtype }: Spec): Spec => ({ shape, dtype })

/** Looks at the result of a recorded run; a string that says why it cannot be built again, if so. */
export function recordResult(result: unknown, inputs: readonly Tensor[], backend: Backend): RecordedResult | string {
  if (inputs.some(({ isDisposed }) => isDisposed)) return 'the step disposed of one of its arguments'
  const outputs: Operand[] = []
  let refusal: string | undefined

  const tensorOf = (tensor: Tensor, path: string): Build => {
    if (tensor.isDisposed || tensor.backend !== backend) {
      refusal ??= tensor.isDisposed ? `${path} was disposed of` : `${path} lives on another backend`
      return () => undefined
    }
    const { handle } = tensor
    const spec = specOf(tensor)
    const same = inputs.indexOf(tensor)
    if (same >= 0) return (from) => from.inputs[same]
    const shared = inputs.findIndex((input) => input.handle === handle)
    if (shared >= 0) return (from) => adopt(new Tensor(from.inputs[shared]!.buffer().retain(), spec.shape, spec.dtype))
    const known = outputs.findIndex((output) => output.handle === handle)
    const index = known >= 0 ? known : outputs.push({ handle, ...spec }) - 1
    return ({ storages, taken }) => {
      const storage = taken[index] ? storages[index]!.retain() : storages[index]!
      taken[index] = true
      return adopt(new Tensor(storage, spec.shape, spec.dtype))
    }
  }
  const buildOf = (value: unknown, path: string): Build => {
    if (typeof value === 'function') refusal ??= `${path} is a function`
    if (typeof value !== 'object' || value === null) return () => value
    if (isTensor(value)) return tensorOf(value, path)
    if (Array.isArray(value)) {
      const items = value.map((item, i) => buildOf(item, `${path}[${i}]`))
      return (from) => items.map((build) => build(from))
    }
    const prototype: unknown = Object.getPrototypeOf(value)
    if (prototype !== Object.prototype && prototype !== null) {
      const kind = (value as { constructor?: { name?: string } }).constructor?.name ?? 'object'
      refusal ??= `${path} is a ${kind}; a compiled step gives tensors and plain data`
    }
    const entries = Object.entries(value).map(([name, item]) => [name, buildOf(item, `${path}.${name}`)] as const)
    return (from) => {
      const object: Record<string, unknown> = {}
      for (const [name, build] of entries) object[name] = build(from)
      return object
    }
  }
  const build = buildOf(result, 'the result')
  if (refusal !== undefined) return refusal
  return {
    outputs,
    build: (handles, given) =>
      build({
        inputs: given,
        storages: handles.map((handle) => new Storage(backend, handle)),
        taken: handles.map(() => false),
      }),
  }
}
