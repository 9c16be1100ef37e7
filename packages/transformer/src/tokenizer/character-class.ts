/** `\p{L}` */
export const LETTER = 1
/** `\p{N}` */
export const NUMBER = 2
/** `\p{White_Space}`: unlike the `\s` of JavaScript it holds U+0085 and not U+FEFF. */
export const SPACE = 3
/** Everything else, lone surrogates included (they stand for U+FFFD). */
export const OTHER = 4

let table: Uint8Array | undefined // 0 = not looked up yet

/**
 * Copies the UTF-16 units of a text into `reuse` when it is large enough, else into a new array: cutting
 * reads each unit several times, and from an array that is several times faster than from a string.
 */
export function unitsOf(text: string, reuse?: Uint16Array): Uint16Array {
  const units = reuse !== undefined && reuse.length >= text.length ? reuse : new Uint16Array(text.length)
  for (let index = 0; index < text.length; index++) units[index] = text.charCodeAt(index)
  return units
}

/** The class of the code point that begins at units[index]; 0 from `end` on. */
export function classAt(units: Uint16Array, index: number, end: number): number {
  if (index >= end) return 0
  table ??= new Uint8Array(0x110000)
  const code = codePointAt(units, index, end)
  return table[code]! || (table[code] = lookUp(code))
}

/** End of the run of code points of `wanted` class that starts at units[index]. */
export function endOfRun(units: Uint16Array, index: number, end: number, wanted: number): number {
  const classes = (table ??= new Uint8Array(0x110000))
  let position = index
  while (position < end) {
    const unit = units[position]!
    if (unit < 0xd800 && classes[unit] === wanted) position++
    else if (classAt(units, position, end) === wanted) position += widthAt(units, position, end)
    else break
  }
  return position
}

/** UTF-16 units of the code point at units[index]: 2 for a surrogate pair, else 1. */
export function widthAt(units: Uint16Array, index: number, end: number): number {
  return codePointAt(units, index, end) > 0xffff ? 2 : 1
}

function codePointAt(units: Uint16Array, index: number, end: number): number {
  const unit = units[index]!
  if (unit < 0xd800 || unit > 0xdbff || index + 1 >= end) return unit
  const low = units[index + 1]!
  return low >= 0xdc00 && low <= 0xdfff ? 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00) : unit
}

function lookUp(code: number): number {
  const character = String.fromCodePoint(code)
  if (/^\p{L}$/u.test(character)) return LETTER
  if (/^\p{N}$/u.test(character)) return NUMBER
  if (/^\p{White_Space}$/u.test(character)) return SPACE
  return OTHER
}
