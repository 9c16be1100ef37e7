/** Wrong usage of the command line: exit code 2. The message says what was expected, what came, and the nearest valid word. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}
