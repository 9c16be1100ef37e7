// Numbers as a reader wants them: a real minus sign, no more digits than the uncertainty allows, thin spaces.

/** A number with a fixed count of decimals and a true minus sign. */
export function formatNumber(value: number, digits: number): string {
  const text = Math.abs(value).toFixed(digits)
  const grouped = text.replace(/^\d+/, (whole) =>
    whole.length > 4 ? whole.replace(/\B(?=(\d{3})+$)/g, '\u202f') : whole,
  )
  return (value < 0 && Number(text) !== 0 ? '−' : '') + grouped
}

/** Decimals that show two significant digits of `width`, between 0 and 8. */
export function digitsFor(width: number): number {
  if (!(width > 0) || !Number.isFinite(width)) return 3
  return Math.min(8, Math.max(0, 1 - Math.floor(Math.log10(width))))
}

/** A value with its sign always shown. */
export function formatSigned(value: number, digits: number): string {
  const text = formatNumber(value, digits)
  return value > 0 && Number(value.toFixed(digits)) !== 0 ? `+${text}` : text
}

/** A unit joined to its number: no space before a percent sign's own narrow one, nothing for a plain number. */
export function withUnit(text: string, unit: string): string {
  return unit === '' ? text : `${text}${unit === '%' ? '\u202f' : '\u00a0'}${unit}`
}

/** A p value: three decimals, or `< 0.001`. */
export function formatP(p: number): string {
  if (p < 0.001) return '<\u202f0.001'
  return p > 0.995 ? '1.00' : p.toFixed(p < 0.1 ? 3 : 2)
}

/** Bytes in decimal units: `5.4 MB`. */
export function formatBytes(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB']
  let value = bytes
  let unit = 0
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000
    unit++
  }
  return `${value >= 99.5 || unit === 0 ? Math.round(value) : value.toFixed(1)}\u202f${units[unit]}`
}

/** Small whole numbers in words, as in running text. */
export function inWords(count: number): string {
  const words = [
    'no',
    'one',
    'two',
    'three',
    'four',
    'five',
    'six',
    'seven',
    'eight',
    'nine',
    'ten',
    'eleven',
    'twelve',
  ]
  return words[count] ?? String(count)
}

/** `a`, `a and b`, `a, b and c`. */
export function joinWords(words: readonly string[]): string {
  if (words.length < 2) return words.join('')
  return `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`
}

/** The effect of a claim with its 95 % interval, to the digits that the interval deserves. */
export function formatEffect(effect: { value: number; unit: string; ci95: readonly [number, number] }): {
  value: string
  interval: string
} {
  const digits = digitsFor((effect.ci95[1] - effect.ci95[0]) / 2)
  return {
    value: withUnit(formatSigned(effect.value, digits), effect.unit),
    interval: `${formatSigned(effect.ci95[0], digits)} to ${formatSigned(effect.ci95[1], digits)}`,
  }
}
