import { type ClaimResult, type Results } from '../study/results.js'
import { formatEffect, inWords, joinWords } from './format.js'

/** What a study found, composed from its verdicts, in a few sentences. */
export function composeReading(results: Results): string[] {
  const { claims, preset } = results
  const done = results.runs.filter((run) => run.status === 'done').length
  const failed = results.runs.length - done
  const seeds = results.seeds.length
  const sentences: string[] = []
  if (claims.length > 0 && !preset.verdicts) {
    sentences.push(
      `This is the ${preset.name} preset, which only shows that everything runs: it is too small for a verdict, and none is given.`,
    )
  } else if (claims.length > 0) {
    const count = (verdict: ClaimResult['verdict']) => claims.filter((claim) => claim.verdict === verdict).length
    const parts = [
      [count('supported'), 'supports'],
      [count('contradicted'), 'contradicts'],
    ].flatMap(([number, verb]) => (Number(number) > 0 ? [`${verb} ${inWords(Number(number))}`] : []))
    const open = count('inconclusive')
    if (open > 0 && parts.length > 0) parts.push(`leaves ${inWords(open)} open`)
    const basis = `With ${inWords(seeds)} paired ${seeds === 1 ? 'seed' : 'seeds'} and ${done} finished runs`
    const claimWord = claims.length === 1 ? 'the one claim' : `the ${inWords(claims.length)} claims`
    sentences.push(
      parts.length === 0
        ? `${basis}, the evidence settles none of ${claimWord} that this study re-tests.`
        : `${basis}, the evidence ${joinWords(parts)} of ${claimWord} that this study re-tests.`,
    )
    for (const verdict of ['supported', 'contradicted', 'inconclusive'] as const) {
      const group = claims.filter((claim) => claim.verdict === verdict)
      if (group.length === 0) continue
      // of many claims only what speaks against the paper is told in full; the table below has the rest
      const inFull = claims.length <= most || verdict === 'contradicted'
      const told = group.map(inFull ? describe : ({ id }) => id)
      sentences.push(`${headings[verdict]}: ${told.join(inFull ? '; ' : ', ')}.`)
    }
  }
  if (claims.length === 0)
    sentences.push(`${capital(inWords(done))} finished ${done === 1 ? 'run' : 'runs'}; this study judges no claim.`)
  if (failed > 0) {
    sentences.push(
      `${capital(inWords(failed))} ${failed === 1 ? 'run' : 'runs'} failed and ${failed === 1 ? 'is' : 'are'} listed under the arms.`,
    )
  }
  if (results.missing.length > 0) {
    sentences.push(
      `${capital(inWords(results.missing.length))} of the runs that the preset asks for ${results.missing.length === 1 ? 'is' : 'are'} not there yet.`,
    )
  }
  if (preset.name !== 'paper' && preset.verdicts) {
    sentences.push(
      `The ${preset.name} preset is smaller than the published configuration: the verdicts are about this setting.`,
    )
  }
  return sentences
}

/** Claims that are told in full, whatever their verdict. */
const most = 12

const headings = { supported: 'Supported', contradicted: 'Contradicted', inconclusive: 'Open' } as const

function describe(claim: ClaimResult): string {
  const statement = `“${claim.statement.replace(/\.$/, '')}”`
  if (!claim.effect || claim.test.kind === 'identity') return `${statement} (${claim.id})`
  const { value, interval } = formatEffect(claim.effect)
  return `${statement} (${claim.id}: ${value}, 95\u202f% interval ${interval})`
}

function capital(text: string): string {
  return text[0]!.toUpperCase() + text.slice(1)
}
