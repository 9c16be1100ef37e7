// Usage: tsx src/cli.ts shape|links|packages. Prints every problem; exit code 1 when there is one.
import { linkProblems } from './links.js'
import { packageProblems } from './packages/check.js'
import { shapeProblems } from './shape.js'

const checks: Readonly<Record<string, () => string[] | Promise<string[]>>> = {
  shape: () => shapeProblems(),
  links: () => linkProblems(),
  packages: () => packageProblems(),
}

const name = process.argv[2] ?? ''
const check = Object.hasOwn(checks, name) ? checks[name] : undefined
if (check === undefined) {
  console.error(`Expected one of ${Object.keys(checks).join(', ')}; got "${name}".`)
  process.exitCode = 2
} else {
  const problems = await check()
  for (const problem of problems) console.error(problem)
  console.log(problems.length === 0 ? `${name}: no problems` : `${name}: ${problems.length} problems`)
  process.exitCode = problems.length === 0 ? 0 : 1
}
