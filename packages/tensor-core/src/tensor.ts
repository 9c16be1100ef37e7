import type { Backend, Handle, Shape, Spec } from './backend.js'
import type { DataArray, DType } from './dtype.js'
import { bytesPerElement } from './dtype.js'
import { LemanicError } from './errors.js'
import { formatShape, sizeOf } from './shape.js'
import type { TapeNode } from './tape-node.js'

const marker = Symbol.for('lemanic.tensor')

/** A reference-counted buffer; reshaped and traced tensors share one. */
export class Storage {
  private references = 1
  private watchers = 0
  private weight = 0
  constructor(
    readonly backend: Backend,
    readonly handle: Handle,
  ) {}

  retain(): this {
    this.references++
    return this
  }

  release(): void {
    if (--this.references === 0) this.backend.free(this.handle)
  }

  /** One tensor more holds this buffer of `bytes` until the garbage collector finds it. */
  watch(bytes: number): this {
    if (this.watchers++ === 0) {
      this.weight = bytes + smallestBlock
      this.backend.awaitCollection?.(this.weight)
    }
    return this
  }

  /** One of these is gone, found or disposed. */
  unwatch(): void {
    if (--this.watchers === 0) this.backend.awaitCollection?.(-this.weight)
  }
}

/** What a buffer weighs however small it is: memory comes in blocks, and somebody keeps count. */
const smallestBlock = 64

/** What the collector's callback gets: empty once the tensor was disposed by hand. */
interface Claim {
  storage: Storage | undefined
}

let registry: FinalizationRegistry<Claim> | undefined

/**
 * A dense array on a backend: an opaque handle with shape and dtype. Immutable: operations give new tensors.
 * Memory goes back when a `scope` ends, on `dispose()` or `using`, and at the latest when the garbage collector finds it.
 */
export class Tensor implements Spec {
  readonly shape: Shape
  readonly dtype: DType
  /** Set while a gradient is being recorded. Internal. */
  node: TapeNode | undefined
  private storage: Storage | undefined
  private claim: Claim | undefined

  /** Internal: use `tensor`, `zeros`, … */
  constructor(storage: Storage, shape: Shape, dtype: DType) {
    this.storage = storage
    this.shape = shape
    this.dtype = dtype
    this.node = undefined
    this.claim = undefined
  }

  get [marker](): true {
    return true
  }

  get rank(): number {
    return this.shape.length
  }

  /** Number of elements. */
  get size(): number {
    return sizeOf(this.shape)
  }

  get bytes(): number {
    return this.size * bytesPerElement[this.dtype]
  }

  get backend(): Backend {
    return this.buffer().backend
  }

  get handle(): Handle {
    return this.buffer().handle
  }

  get isDisposed(): boolean {
    return this.storage === undefined
  }

  /** The shared buffer. Internal. */
  buffer(): Storage {
    if (this.storage === undefined) {
      throw new LemanicError(
        'tensor-disposed',
        `a tensor of shape ${formatShape(this.shape)} was used after its memory was given back`,
        {
          help: 'return it from its scope, or keep(tensor) it, or dispose it later',
        },
      )
    }
    return this.storage
  }

  /** Copies the values to the host. On engines that cannot wait (browser GPUs) use `data`. */
  dataSync(): DataArray {
    const { backend, handle } = this.buffer()
    return backend.read(handle, this)
  }

  /** Copies the values to the host. */
  async data(): Promise<DataArray> {
    const { backend, handle } = this.buffer()
    return backend.readAsync === undefined ? backend.read(handle, this) : backend.readAsync(handle, this)
  }

  /** The value of a tensor with one element. */
  item(): number {
    if (this.size !== 1) {
      throw new LemanicError('invalid-shape', `item: expected one element, got shape ${formatShape(this.shape)}`)
    }
    return Number(this.dataSync()[0])
  }

  /** Nested arrays of numbers (booleans for bool); a number or boolean for a scalar. */
  toArray(): NestedValues {
    const data = this.dataSync()
    let position = 0
    const build = (axis: number): NestedValues => {
      if (axis === this.rank) {
        const value = data[position++] as number
        return this.dtype === 'bool' ? value !== 0 : value
      }
      return Array.from({ length: this.shape[axis] as number }, () => build(axis + 1))
    }
    return build(0)
  }

  /** True for a tensor that no scope will dispose. Internal. */
  get isKept(): boolean {
    return this.claim !== undefined
  }

  /** Lets the garbage collector release the buffer: for tensors that no scope owns. Internal. */
  watch(): void {
    if (this.claim !== undefined || this.storage === undefined) return
    registry ??= new FinalizationRegistry<Claim>(({ storage }) => {
      storage?.unwatch()
      storage?.release()
    })
    this.claim = { storage: this.storage.watch(this.bytes) }
    registry.register(this, this.claim)
  }

  /** Gives the memory back now; using the tensor afterwards is an error. Harmless when repeated. */
  dispose(): void {
    if (this.storage === undefined) return
    if (this.claim !== undefined) {
      this.claim.storage = undefined
      this.storage.unwatch()
    }
    this.storage.release()
    this.storage = undefined
    this.node = undefined
  }

  [Symbol.dispose](): void {
    this.dispose()
  }

  toString(): string {
    const state = this.isDisposed ? ', disposed' : ''
    return `Tensor(${formatShape(this.shape)}, ${this.dtype}${state})`
  }
}

export type NestedValues = number | boolean | readonly NestedValues[]

/** True for a tensor of any installed copy of the package. */
export function isTensor(value: unknown): value is Tensor {
  return typeof value === 'object' && value !== null && marker in value
}
