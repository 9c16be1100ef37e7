import { compile, type CompiledStep, type CompileReport } from '../compile/compile.js'
import { dynamic, type Scalar } from '../compile/dynamic-number.js'
import { interruptCompilation } from '../compile/session.js'
import { valueAndGrad } from '../gradients.js'
import type { Optimizer } from '../optimizers/optimizer.js'
import { addParams, normParams } from '../params/arithmetic.js'
import type { Params } from '../params/params.js'
import type { State } from '../params/state.js'
import type { RandomKey } from '../random/key.js'
import { dispose, scope } from '../scope.js'
import { isTensor, type Tensor } from '../tensor.js'
import type { Context } from './context.js'
import type { TrainOptions } from './options.js'

/** Loss and metrics of one micro-batch, and the sum of the gradients so far. */
export interface Sums {
  readonly loss: Tensor
  readonly grads: Params
  readonly aux: Readonly<Record<string, Tensor | number>>
}

export interface Update {
  readonly gradientNorm: number
  readonly params: Params
  readonly state: State
}

/** What became of the two parts of a training step that are compiled: replayed, or run eagerly and why. */
export interface Compilation {
  readonly gradient: CompileReport
  readonly update: CompileReport
}

/**
 * The two parts of a step in which no data and no other worker is waited for: gradients of a micro-batch, and what
 * becomes of them. Both are compiled, unless the options forbid it.
 */
export class StepFunctions<Batch, Output> {
  readonly #optimizer: Optimizer
  readonly #gradient: CompiledStep<[Params, Batch, RandomKey, Params | undefined], Sums>
  readonly #update: CompiledStep<[Params, State, Params, Scalar], { norm: Tensor; params: Params; state: State }>
  #step = 0

  constructor(options: TrainOptions<Batch, Output>) {
    const { model, loss: lossOf, optimizer } = options
    this.#optimizer = optimizer
    this.#gradient = compile((params: Params, batch: Batch, key: RandomKey, total: Params | undefined) => {
      const context = this.#context(key)
      const step = valueAndGrad((variables: Params): { loss: Tensor; aux: Sums['aux'] } => {
        const value = lossOf(model.apply(variables, batch, context), batch, context, variables)
        return isTensor(value) ? { loss: value, aux: {} } : value
      })
      const { loss, grads, aux } = step(params)
      return { loss, grads: total === undefined ? grads : addParams(total, grads), aux }
    })
    this.#update = compile((grads: Params, state: State, params: Params, step: Scalar) => ({
      norm: normParams(grads),
      ...optimizer.update(grads, state, params, step),
    }))
    if (options.compile === false) this.dispose()
  }

  /** Gradients of a micro-batch, added to `total`. */
  gradient(params: Params, batch: Batch, { key, step }: Context, total: Params | undefined): Sums {
    this.#step = step
    return scope(() => this.#gradient(params, batch, key, total))
  }

  /**
   * Parameters and state after `step`. `check` throws for a norm that the parameters must not see; an optimizer that is
   * not compiled is not asked then.
   */
  async update(
    grads: Params,
    state: State,
    params: Params,
    step: number,
    check: (gradientNorm: number) => void,
  ): Promise<Update> {
    if (this.#optimizer.isCompilable !== true) {
      const gradientNorm = await readOnce(normParams(grads))
      check(gradientNorm)
      return { gradientNorm, ...scope(() => this.#optimizer.update(grads, state, params, step)) }
    }
    const { norm, ...next } = scope(() => this.#update(grads, state, params, dynamic(step)))
    const gradientNorm = await readOnce(norm)
    try {
      check(gradientNorm)
    } catch (error) {
      dispose(next)
      throw error
    }
    return { gradientNorm, ...next }
  }

  report(): Compilation {
    const update = this.#update.report()
    const isKnown = this.#optimizer.isCompilable === true
    return {
      gradient: this.#gradient.report(),
      update: isKnown ? update : { ...update, reason: 'the optimizer does not say that it isCompilable' },
    }
  }

  dispose(): void {
    this.#gradient.dispose()
    this.#update.dispose()
  }

  /** A context whose step is known in JavaScript only: whoever reads it runs eagerly. */
  #context(key: RandomKey): Context {
    const step = this.#step
    return {
      key,
      training: true,
      get step() {
        interruptCompilation('context.step was read in JavaScript')
        return step
      },
    }
  }
}

async function readOnce(scalar: Tensor): Promise<number> {
  const [value] = await scalar.data()
  scalar.dispose()
  return Number(value)
}
