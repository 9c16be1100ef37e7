import type { ClaimResult, Results } from '@lemanic/eval'
import type { Terminal } from './terminal.js'

const columns = ['', 'claim', 'verdict', 'effect [95 % interval]', 'n', 'p (Holm)']

/**
 * The claims of a study as an aligned table, then one line of reason for each verdict that is not plainly a test's.
 *
 * Colour carries nothing that the words do not say.
 */
export function claimsTable(results: Results, color: Terminal['color'], width = 120): string[] {
  if (results.claims.length === 0) return []
  const rows = results.claims.map((claim) => [
    claim.id,
    claim.statement,
    claim.verdict,
    claim.effect === null ? '–' : describeEffect(claim.effect),
    String(claim.n),
    claim.pCorrected === null ? '–' : describeP(claim.pCorrected),
  ])
  const fixed = [0, 2, 3, 4, 5].map((column) => widthOf(column, rows))
  const statementWidth = Math.max(24, width - fixed.reduce((sum, value) => sum + value, 0) - 2 * (columns.length - 1))
  const widths = columns.map((_, column) =>
    column === 1 ? Math.min(statementWidth, widthOf(1, rows)) : widthOf(column, rows),
  )
  const lines = [color.dim(layOut(columns, widths))]
  for (const [index, row] of rows.entries()) {
    const statement = wrap(row[1]!, widths[1]!)
    lines.push(
      layOut([row[0]!, statement[0]!, ...row.slice(2)], widths, (cell, column) =>
        column === 2 ? colorVerdict(cell, results.claims[index]!, color) : cell,
      ),
    )
    for (const more of statement.slice(1)) lines.push(layOut(['', more], widths))
    if (results.preset.verdicts && results.claims[index]!.verdict === 'inconclusive') {
      for (const reason of wrap(results.claims[index]!.reason, widths[1]!))
        lines.push(color.dim(layOut(['', reason], widths)))
    }
  }
  return lines
}

/** An effect with sign, interval and unit, to the digits that the interval deserves: `−0.041 [−0.052, −0.030] nats`. */
export function describeEffect({ value, unit, ci95 }: NonNullable<ClaimResult['effect']>): string {
  const spread = (ci95[1] - ci95[0]) / 2
  const digits = spread > 0 ? Math.min(8, Math.max(0, 1 - Math.floor(Math.log10(spread)))) : 4
  const signed = (number: number) => {
    const text = Math.abs(number).toFixed(digits)
    return `${Number(text) === 0 ? ' ' : number < 0 ? '−' : '+'}${text}`
  }
  return `${signed(value)} [${signed(ci95[0])}, ${signed(ci95[1])}]${unit === '' ? '' : ` ${unit}`}`
}

function describeP(p: number): string {
  return p < 0.001 ? '< 0.001' : p.toFixed(3)
}

function colorVerdict(cell: string, claim: ClaimResult, color: Terminal['color']): string {
  if (claim.verdict === 'supported') return color.green(cell)
  return claim.verdict === 'contradicted' ? color.red(cell) : color.yellow(cell)
}

function widthOf(column: number, rows: readonly string[][]): number {
  return Math.max(columns[column]!.length, ...rows.map((row) => row[column]!.length))
}

function layOut(
  cells: readonly string[],
  widths: readonly number[],
  paint = (cell: string, _column: number) => cell,
): string {
  return cells
    .map((cell, column) => paint(column === cells.length - 1 ? cell : cell.padEnd(widths[column]!), column))
    .join('  ')
    .trimEnd()
}

function wrap(text: string, width: number): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line)
      line = word
    } else line = line === '' ? word : `${line} ${word}`
  }
  return [...lines, line]
}
