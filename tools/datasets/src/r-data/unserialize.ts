import { DatasetError } from '../dataset-error.js'
import { expandAltRep } from './alt-rep.js'
import type { RAttributes, RValue } from './r-value.js'

/**
 * Reads a value in R's serialization format, versions 2 and 3, binary big-endian (`X`).
 *
 * Written from "R Internals", section 1.8 (serialization formats). `bytes` begins with `X\n`.
 * Throws `DatasetError`: `invalid-file` for what is not this format or ends early, `unsupported-file`
 * for the text format and for compiled functions.
 */
export function unserialize(bytes: Uint8Array, name: string): RValue {
  return new Reader(bytes, name).value()
}

const nothing: RValue = { type: 'null' }
const none: RAttributes = {}
const latin1 = new TextDecoder('latin1')
const utf8 = new TextDecoder('utf-8')

/** Values without content, by their code. */
const singletons: Readonly<Record<number, RValue>> = {
  254: nothing,
  253: { type: 'reference', name: 'globalenv' },
  252: { type: 'reference', name: 'unbound' },
  251: { type: 'reference', name: 'missing' },
  247: { type: 'reference', name: 'persistent' },
  242: { type: 'reference', name: 'emptyenv' },
  241: { type: 'reference', name: 'baseenv' },
  250: { type: 'reference', name: 'base' },
}

class Reader {
  readonly #bytes: Uint8Array
  readonly #view: DataView
  readonly #name: string
  readonly #references: RValue[] = []
  #position = 0

  constructor(bytes: Uint8Array, name: string) {
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.#name = name
  }

  value(): RValue {
    const format = String.fromCharCode(this.#bytes[0] ?? 0, this.#bytes[1] ?? 0)
    if (format === 'A\n' || format === 'B\n')
      throw this.#fail(
        'unsupported-file',
        `expected the binary format X, got ${JSON.stringify(format[0])}; in R, save with ascii = FALSE`,
      )
    if (format !== 'X\n')
      throw this.#fail('invalid-file', `expected serialized R data ("X"), got ${JSON.stringify(format)}`)
    this.#position = 2
    const version = this.#int()
    this.#skip(8) // versions of the writer and of the oldest reader
    if (version !== 2 && version !== 3)
      throw this.#fail('unsupported-file', `expected serialization version 2 or 3, got ${version}`)
    if (version === 3) this.#skip(this.#int()) // the writer's native encoding
    return this.#item()
  }

  #item(): RValue {
    const flags = this.#int()
    const type = flags & 0xff
    const hasAttributes = (flags & 0x200) !== 0
    const singleton = singletons[type]
    if (singleton !== undefined && type !== 247) return singleton
    switch (type) {
      case 255:
        return this.#reference(flags >> 8)
      case 1:
        return this.#remember({ type: 'symbol', name: this.#stringOf(this.#character()) })
      case 2: // pairlist
      case 6: // call
      case 17: // …
      case 5: // promise
      case 3: // closure
        return this.#pairs(flags, type === 6 ? 'language' : 'pairlist')
      case 239: // with attributes, only inside compiled code
      case 240:
      case 21:
        throw this.#fail('unsupported-file', 'expected data, got a compiled function')
      case 4:
        return this.#environment()
      case 7: // special
      case 8: // built in
        return { type: 'reference', name: this.#text(this.#int()) }
      case 9:
        throw this.#fail('invalid-file', 'expected a value, got a lone string')
      case 10:
        return this.#withAttributes(
          hasAttributes,
          'logical',
          this.#many((index) => logicalOf(this.#view.getInt32(index)), 4),
        )
      case 13:
        return this.#withAttributes(
          hasAttributes,
          'integer',
          this.#many((index) => integerOf(this.#view.getInt32(index)), 4),
        )
      case 14:
        return this.#withAttributes(
          hasAttributes,
          'double',
          this.#many((index) => this.#double(index), 8),
        )
      case 15:
        return this.#withAttributes(
          hasAttributes,
          'complex',
          this.#many((index) => this.#complex(index), 16),
        )
      case 16: {
        const values = Array.from({ length: this.#length() }, () => this.#character())
        return this.#withAttributes(hasAttributes, 'string', values)
      }
      case 19: // list
      case 20: {
        const values = Array.from({ length: this.#length() }, () => this.#item())
        return this.#withAttributes(hasAttributes, 'list', values)
      }
      case 22: {
        const pointer = this.#remember({ type: 'reference', name: 'external pointer' })
        this.#item()
        this.#item()
        if (hasAttributes) this.#item()
        return pointer
      }
      case 23: {
        const weak = this.#remember({ type: 'reference', name: 'weak reference' })
        if (hasAttributes) this.#item()
        return weak
      }
      case 24: {
        const length = this.#length()
        const values = this.#bytes.slice(this.#position, this.#skip(length))
        return this.#withAttributes(hasAttributes, 'raw', values)
      }
      case 25:
        return { type: 's4', attributes: hasAttributes ? this.#attributes() : none }
      case 238: {
        const info = this.#item()
        const state = this.#item()
        const attributes = attributesOf(this.#item())
        return expandAltRep(info, state, attributes, (message) => this.#fail('unsupported-file', message))
      }
      case 247: // a name that a lazy-load database keeps apart
      case 248: // package
      case 249: // namespace
        this.#skip(4)
        return this.#remember({
          type: 'reference',
          name: Array.from({ length: this.#int() }, () => this.#character()).join(' '),
        })
      default:
        throw this.#fail('unsupported-file', `expected a type of data, got type ${type}`)
    }
  }

  /** A linked list, read in a loop because it may be long. */
  #pairs(first: number, type: 'pairlist' | 'language'): RValue {
    const values: RValue[] = []
    const tags: string[] = []
    let attributes = none
    for (let flags = first; ; flags = this.#int()) {
      const kind = flags & 0xff
      if (kind === 254) break
      if (kind !== 2 && kind !== 6 && kind !== 17 && kind !== 5 && kind !== 3) {
        this.#position -= 4 // a dotted pair: the rest is a value
        values.push(this.#item())
        tags.push('')
        break
      }
      if ((flags & 0x200) !== 0) {
        const own = this.#attributes()
        if (values.length === 0) attributes = own
      }
      const tag = (flags & 0x400) !== 0 ? this.#item() : nothing
      tags.push(tag.type === 'symbol' ? tag.name : '')
      values.push(this.#item())
    }
    return { type, values, tags, attributes }
  }

  #environment(): RValue {
    const environment = this.#remember({ type: 'reference', name: 'environment' })
    this.#skip(4) // locked
    for (let part = 0; part < 4; part++) this.#item() // enclosure, frame, hash table, attributes
    return environment
  }

  #withAttributes<Type extends 'logical' | 'integer' | 'double' | 'complex' | 'string' | 'list' | 'raw'>(
    present: boolean,
    type: Type,
    values: unknown,
  ): RValue {
    return { type, values, attributes: present ? this.#attributes() : none } as RValue
  }

  #attributes(): RAttributes {
    return attributesOf(this.#item())
  }

  #reference(packed: number): RValue {
    const index = packed === 0 ? this.#int() : packed
    const value = this.#references[index - 1]
    if (value === undefined)
      throw this.#fail(
        'invalid-file',
        `expected a reference to one of ${this.#references.length} earlier values, got ${index}`,
      )
    return value
  }

  #remember(value: RValue): RValue {
    this.#references.push(value)
    return value
  }

  /** A CHARSXP: a string or NA. */
  #character(): string | null {
    const flags = this.#int()
    if ((flags & 0xff) !== 9) throw this.#fail('invalid-file', `expected a string, got type ${flags & 0xff}`)
    const length = this.#int()
    if (length === -1) return null
    return this.#text(length, (flags & (1 << 14)) !== 0 ? latin1 : utf8) // levels begin at bit 12; latin1 is their bit 2
  }

  #text(length: number, decoder = utf8): string {
    const start = this.#position
    return decoder.decode(this.#bytes.subarray(start, this.#skip(length)))
  }

  #stringOf(text: string | null): string {
    return text ?? 'NA'
  }

  #many<Value>(read: (index: number) => Value, width: number): Value[] {
    const length = this.#length()
    const start = this.#position
    this.#skip(length * width)
    return Array.from({ length }, (_, index) => read(start + index * width))
  }

  #double(index: number): number | null {
    const value = this.#view.getFloat64(index)
    // NA is the NaN whose low word is 1954.
    return Number.isNaN(value) && this.#view.getUint32(index + 4) === 1954 ? null : value
  }

  #complex(index: number): [number, number] | null {
    const real = this.#double(index)
    const imaginary = this.#double(index + 8)
    return real === null || imaginary === null ? null : [real, imaginary]
  }

  #length(): number {
    const length = this.#int()
    if (length !== -1) return length
    const upper = this.#int()
    return upper * 4294967296 + (this.#int() >>> 0)
  }

  #int(): number {
    const start = this.#position
    this.#skip(4)
    return this.#view.getInt32(start)
  }

  /** Moves on and returns the new position. */
  #skip(length: number): number {
    const end = this.#position + length
    if (length < 0 || end > this.#bytes.length) {
      throw this.#fail(
        'invalid-file',
        `expected ${length} bytes at ${this.#position}, got ${this.#bytes.length - this.#position}: the file is cut short or damaged`,
      )
    }
    return (this.#position = end)
  }

  #fail(code: 'invalid-file' | 'unsupported-file', message: string): DatasetError {
    return new DatasetError(code, `${this.#name}: ${message}`, { fields: { position: this.#position } })
  }
}

function attributesOf(value: RValue): RAttributes {
  if (value.type !== 'pairlist') return none
  return Object.fromEntries(value.values.map((entry, index) => [value.tags[index]!, entry]))
}

const naInteger = -2147483648

function integerOf(value: number): number | null {
  return value === naInteger ? null : value
}

function logicalOf(value: number): boolean | null {
  return value === naInteger ? null : value !== 0
}
