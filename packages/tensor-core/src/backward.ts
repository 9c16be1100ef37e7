import { LemanicError } from './errors.js'
import { add } from './operations/binary.js'
import { zerosLike } from './operations/creation.js'
import { alias, variable } from './record.js'
import { recording } from './recording.js'
import { scope } from './scope.js'
import { formatShape, shapesEqual } from './shape.js'
import type { GradientCall, Operation, TapeNode } from './tape-node.js'
import type { Tensor } from './tensor.js'

/** Nodes between the variables and the outputs, newest first. */
function relevantNodes(
  outputs: readonly Tensor[],
  variables: readonly Tensor[],
): { order: TapeNode[]; relevant: Set<TapeNode> } {
  const first = variables.reduce((least, { node }) => Math.min(least, node!.id), Infinity)
  const seen = new Set<TapeNode>()
  const open: TapeNode[] = []
  const visit = (tensor: Tensor): void => {
    const { node } = tensor
    if (node === undefined || node.id < first || seen.has(node)) return
    seen.add(node)
    open.push(node)
  }
  outputs.forEach(visit)
  for (let node = open.pop(); node !== undefined; node = open.pop()) node.inputs.forEach(visit)
  const order = [...seen].sort((a, b) => a.id - b.id)
  const relevant = new Set<TapeNode>(variables.map(({ node }) => node!))
  for (const node of order) {
    if (node.inputs.some((input) => input.node !== undefined && relevant.has(input.node))) relevant.add(node)
  }
  return { order: order.reverse(), relevant }
}

/** Gradients that wait for their node; a gradient is disposed when nobody waits for it any more. */
class Pending {
  private readonly byTensor = new Map<Tensor, Tensor>()
  private readonly uses = new Map<Tensor, number>()

  constructor(
    private readonly release: boolean,
    private readonly borrowed: ReadonlySet<Tensor>,
  ) {}

  get(tensor: Tensor): Tensor | undefined {
    return this.byTensor.get(tensor)
  }

  accumulate(tensor: Tensor, gradient: Tensor): void {
    const former = this.byTensor.get(tensor)
    if (former === undefined) {
      this.hold(tensor, gradient)
      return
    }
    const total = add(former, gradient)
    this.take(tensor)
    this.hold(tensor, total)
  }

  /** Counts `gradient` as used until `drop`. */
  reserve(gradient: Tensor): void {
    this.uses.set(gradient, (this.uses.get(gradient) ?? 0) + 1)
  }

  /** Ends one use; the last one disposes. */
  drop(gradient: Tensor): void {
    const left = (this.uses.get(gradient) ?? 0) - 1
    this.uses.set(gradient, left)
    if (left <= 0 && this.release && !this.borrowed.has(gradient)) gradient.dispose()
  }

  /** Forgets the gradient of `tensor`. */
  take(tensor: Tensor): void {
    const gradient = this.byTensor.get(tensor)
    if (gradient === undefined) return
    this.byTensor.delete(tensor)
    this.drop(gradient)
  }

  /** The gradient as a tensor of its own: a caller may dispose it without touching another. */
  own(tensor: Tensor): Tensor | undefined {
    const gradient = this.byTensor.get(tensor)
    if (gradient === undefined) return undefined
    const isShared = (this.uses.get(gradient) ?? 0) > 1 || this.borrowed.has(gradient)
    return isShared ? alias(gradient) : gradient
  }

  private hold(tensor: Tensor, gradient: Tensor): void {
    this.byTensor.set(tensor, gradient)
    this.reserve(gradient)
  }
}

/** Cotangents of an operation that has no rule of its own: those of its composition. */
function gradientOfComposition(operation: Operation<unknown>, call: GradientCall<unknown>): (Tensor | undefined)[] {
  if (operation.compose === undefined) {
    throw new LemanicError('not-differentiable', `${operation.name}: this operation has no gradient`, {
      fields: { operation: operation.name },
    })
  }
  const { compose } = operation
  return recording(() => {
    const variables = call.inputs.map((input, i) => (call.needs[i] ? variable(input) : input))
    const outputs = compose(variables, call.attributes)
    const wanted = variables.filter((_, i) => call.needs[i])
    const present = outputs.flatMap((output, i) =>
      (call.gradients[i] === undefined ? [] : [i]).filter(() => output.node !== undefined),
    )
    const gradients = sweep(
      present.map((i) => outputs[i]!),
      present.map((i) => call.gradients[i]!),
      wanted,
    )
    let next = 0
    return call.inputs.map((_, i) => (call.needs[i] ? gradients[next++] : undefined))
  })
}

export interface BackwardOptions {
  /** Dispose forward results and gradients as soon as nothing needs them (only when no outer gradient is recorded). */
  readonly release?: boolean
  /** Forward results that must survive. */
  readonly kept?: ReadonlySet<Tensor>
}

/**
 * Reverse-mode sweep: the cotangents of `variables`, given those of `outputs`. Zeros where nothing depends on a
 * variable. Cotangents have the outputs' shapes.
 */
export function backward(
  outputs: readonly Tensor[],
  cotangents: readonly Tensor[],
  variables: readonly Tensor[],
  options: BackwardOptions = {},
): Tensor[] {
  return sweep(outputs, cotangents, variables, options).map((gradient, i) => gradient ?? zerosLike(variables[i]!))
}

/** As `backward`, but undefined for a variable that nothing depends on: a rule may rely on such an output being unused. */
function sweep(
  outputs: readonly Tensor[],
  cotangents: readonly Tensor[],
  variables: readonly Tensor[],
  { release = false, kept = new Set() }: BackwardOptions = {},
): (Tensor | undefined)[] {
  if (variables.length === 0) return []
  const { order, relevant } = relevantNodes(outputs, variables)
  const pending = new Pending(release, new Set(cotangents))
  outputs.forEach((output, i) => pending.accumulate(output, cotangents[i]!))
  const variableNodes = new Set(variables.map(({ node }) => node))
  for (const node of order) {
    if (!variableNodes.has(node)) {
      const gradients = node.outputs.map((output) => pending.get(output))
      if (relevant.has(node) && gradients.some((gradient) => gradient !== undefined))
        propagate(node, gradients, relevant, pending)
      for (const output of node.outputs) pending.take(output)
      if (release) for (const output of node.outputs) if (!kept.has(output) && !output.isKept) output.dispose()
    }
  }
  return variables.map((leaf) => pending.own(leaf))
}

function propagate(
  node: TapeNode,
  gradients: readonly (Tensor | undefined)[],
  relevant: ReadonlySet<TapeNode>,
  pending: Pending,
): void {
  const operation = node.operation as Operation<unknown>
  const { inputs, outputs, attributes } = node
  const needs = inputs.map((input) => input.node !== undefined && relevant.has(input.node))
  const call: GradientCall<unknown> = { inputs, outputs, gradients, attributes, needs }
  scope(() => {
    const results = operation.gradient === undefined ? gradientOfComposition(operation, call) : operation.gradient(call)
    const used: [input: Tensor, gradient: Tensor][] = []
    inputs.forEach((input, i) => {
      const gradient = results[i]
      if (!needs[i] || gradient === undefined) return
      if (!shapesEqual(gradient.shape, input.shape)) {
        throw new LemanicError(
          'invalid-gradient',
          `${operation.name}: its gradient rule gave shape ${formatShape(gradient.shape)} for input ${i} of shape ${formatShape(input.shape)}`,
        )
      }
      used.push([input, gradient])
    })
    for (const [, gradient] of used) pending.reserve(gradient)
    for (const [input, gradient] of used) pending.accumulate(input, gradient)
    for (const [, gradient] of used) pending.drop(gradient)
    return inputs.map((input) => pending.get(input))
  })
}
