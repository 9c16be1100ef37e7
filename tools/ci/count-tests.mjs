// Prints "PASSED FAILED": the tests in the reports that `npm test` leaves in the workspaces' out/tests.json.
// A workspace whose test task left no report counts as one failure.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '../..')
let passed = 0
let failed = 0
for (const kind of ['packages', 'apps', 'tools']) {
  for (const name of readdirSync(join(root, kind))) {
    const folder = join(root, kind, name)
    const manifest = join(folder, 'package.json')
    if (!existsSync(manifest) || JSON.parse(readFileSync(manifest, 'utf8')).scripts?.test === undefined) continue
    const report = join(folder, 'out/tests.json')
    if (!existsSync(report)) {
      console.error(`${kind}/${name}: its tests left no report`)
      failed++
      continue
    }
    const { numPassedTests, numFailedTests, numFailedTestSuites, success } = JSON.parse(readFileSync(report, 'utf8'))
    passed += numPassedTests
    // A file that does not load has no tests to fail.
    failed += numFailedTests > 0 || success ? numFailedTests : Math.max(1, numFailedTestSuites)
  }
}
console.log(`${passed} ${failed}`)
