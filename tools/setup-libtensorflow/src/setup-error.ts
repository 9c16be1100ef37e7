/** Why the setup stopped, in one message, and what to try next. */
export class SetupError extends Error {
  readonly help: string

  constructor(message: string, help: string, options: { readonly cause?: unknown } = {}) {
    super(message, options)
    this.name = 'SetupError'
    this.help = help
  }
}
