/** Attributes of an R value: `names`, `class`, `levels`, `dim`, `row.names` … */
export type RAttributes = Readonly<Record<string, RValue>>

/** Numbers, booleans and strings: `null` is NA; a real NaN stays NaN. */
export type RVector =
  | { readonly type: 'logical'; readonly values: readonly (boolean | null)[]; readonly attributes: RAttributes }
  | {
      readonly type: 'integer' | 'double'
      readonly values: readonly (number | null)[]
      readonly attributes: RAttributes
    }
  | { readonly type: 'string'; readonly values: readonly (string | null)[]; readonly attributes: RAttributes }

/** A value of R, as far as data sets hold them. */
export type RValue =
  | RVector
  | { readonly type: 'null' }
  | { readonly type: 'raw'; readonly values: Uint8Array; readonly attributes: RAttributes }
  | {
      readonly type: 'complex'
      readonly values: readonly (readonly [real: number, imaginary: number] | null)[]
      readonly attributes: RAttributes
    }
  | { readonly type: 'list'; readonly values: readonly RValue[]; readonly attributes: RAttributes }
  /** Pairlists and calls: `tags` are the names of the elements, `''` where there is none. */
  | {
      readonly type: 'pairlist' | 'language'
      readonly values: readonly RValue[]
      readonly tags: readonly string[]
      readonly attributes: RAttributes
    }
  | { readonly type: 'symbol'; readonly name: string }
  /** What has no data of its own here: environments, functions built in, pointers. */
  | { readonly type: 'reference'; readonly name: string }
  | { readonly type: 's4'; readonly attributes: RAttributes }

/** The attribute of a value, `undefined` when it has none of this name. */
export function attributeOf(value: RValue, name: string): RValue | undefined {
  return 'attributes' in value && Object.hasOwn(value.attributes, name) ? value.attributes[name] : undefined
}

/** The strings of a string vector without NA; `undefined` for any other value. */
export function stringsOf(value: RValue | undefined): string[] | undefined {
  if (value?.type !== 'string') return undefined
  return value.values.map((entry) => entry ?? 'NA')
}

/** The elements of a list or pairlist by name. */
export function entriesOf(value: RValue): Map<string, RValue> {
  if (value.type === 'pairlist') return new Map(value.values.map((entry, index) => [value.tags[index]!, entry]))
  if (value.type !== 'list') return new Map()
  const names = stringsOf(value.attributes['names']) ?? []
  return new Map(value.values.map((entry, index) => [names[index] ?? '', entry]))
}
