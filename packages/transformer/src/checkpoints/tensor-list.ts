import type { FileTensor } from './checkpoint-format.js'

type Arrangement = Pick<FileTensor, 'transposed' | 'headGroups'>

/** Names of the three projections of an attention, which some families join in one tensor. */
export const queryKeyValue = (attention: string): string[] =>
  ['query', 'key', 'value'].map((part) => `${attention}.${part}`)

/** Lists the tensors of a file, layer by layer: their names there, and the layers of ours that they hold. */
export class TensorList {
  readonly tensors: FileTensor[] = []

  /** `hasBias`: whether linear layers and norms have a bias, where a call does not say it. */
  constructor(private readonly hasBias: boolean) {}

  add(name: string, shape: readonly number[], part: string, rest: Partial<FileTensor> = {}): void {
    this.tensors.push({ name, shape, parts: [part], ...rest })
  }

  /** `name.weight` [outputs, inputs] (turned where transposed) and `name.bias` [outputs], of one layer of ours or several. */
  linear(name: string, outputs: number, inputs: number, own: string | string[], arrangement: Arrangement = {}): void {
    const parts = (kind: string): string[] => [own].flat().map((layer) => `${layer}.${kind}`)
    const { transposed, ...joined } = arrangement
    const shape = transposed === true ? [inputs, outputs] : [outputs, inputs]
    this.tensors.push({ name: `${name}.weight`, shape, parts: parts('weight'), ...arrangement })
    if (this.hasBias) this.tensors.push({ name: `${name}.bias`, shape: [outputs], parts: parts('bias'), ...joined })
  }

  norm(name: string, width: number, own: string): void {
    this.add(`${name}.weight`, [width], `${own}.weight`)
    if (this.hasBias) this.add(`${name}.bias`, [width], `${own}.bias`)
  }
}
