#!/usr/bin/env node
import { LemanicError } from './errors.js'
import { doctor, formatDiagnosis } from './doctor.js'

const usage = `usage: lemanic doctor [--json]

  doctor   says which engines are present, which are missing and what would add them`

async function main(words: readonly string[]): Promise<number> {
  const [verb, ...options] = words
  const unknown = options.find((option) => option !== '--json')
  if (verb === '--help' || verb === '-h') {
    console.log(usage)
    return 0
  }
  if (verb !== 'doctor' || unknown !== undefined) {
    const complaint =
      verb === undefined
        ? 'no command given'
        : verb === 'doctor'
          ? `unknown option "${unknown}"`
          : `unknown command "${verb}"; did you mean "doctor"?`
    console.error(`lemanic: ${complaint}\n${usage}`)
    return 2
  }
  const diagnosis = await doctor()
  console.log(options.includes('--json') ? JSON.stringify(diagnosis, null, 2) : formatDiagnosis(diagnosis))
  return diagnosis.choice === undefined ? 1 : 0
}

main(process.argv.slice(2)).then(
  (code) => {
    process.exitCode = code
  },
  (error: unknown) => {
    console.error(
      `lemanic: ${LemanicError.isInstance(error) || error instanceof Error ? error.message : String(error)}`,
    )
    process.exitCode = 1
  },
)
