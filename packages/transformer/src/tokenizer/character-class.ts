/** `\p{L}` */
export const LETTER = 1;
/** `\p{N}` */
export const NUMBER = 2;
/** `\p{White_Space}`: unlike the `\s` of JavaScript it holds U+0085 and not U+FEFF. */
export const SPACE = 3;
/** Everything else, lone surrogates included (they stand for U+FFFD). */
export const OTHER = 4;

let table: Uint8Array | undefined; // 0 = not looked up yet

/**
 * The class of the code point that begins at text[index]: `LETTER`, `NUMBER`, `SPACE` or `OTHER`;
 * 0 at the end of the text.
 */
export function classAt(text: string, index: number): number {
  const unit = text.charCodeAt(index);
  if (unit !== unit) return 0;
  const code = unit < 0xd800 || unit > 0xdbff ? unit : (text.codePointAt(index) as number);
  table ??= new Uint8Array(0x110000);
  return (table[code] as number) || (table[code] = lookUp(code));
}

/** End of the run of code points of `wanted` class that starts at text[index]. */
export function endOfRun(text: string, index: number, wanted: number): number {
  let end = index;
  while (classAt(text, end) === wanted) end += widthAt(text, end);
  return end;
}

/** UTF-16 units of the code point at text[index]: 2 for a surrogate pair, else 1. */
export function widthAt(text: string, index: number): number {
  const unit = text.charCodeAt(index);
  if (unit < 0xd800 || unit > 0xdbff) return 1;
  const low = text.charCodeAt(index + 1);
  return low >= 0xdc00 && low <= 0xdfff ? 2 : 1;
}

function lookUp(code: number): number {
  const character = String.fromCodePoint(code);
  if (/^\p{L}$/u.test(character)) return LETTER;
  if (/^\p{N}$/u.test(character)) return NUMBER;
  if (/^\p{White_Space}$/u.test(character)) return SPACE;
  return OTHER;
}
