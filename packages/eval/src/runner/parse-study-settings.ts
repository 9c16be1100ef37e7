import { EvalError } from '../errors.js'

/**
 * Reads the settings, one JSON object, with which a study's worker processes were started.
 *
 * `required` names the keys that must hold text; other keys of `Settings` are taken as they are. `text` is what the
 * starting process passed on, `undefined` when it passed nothing.
 *
 * Throws `EvalError` (`invalid-option`) when there are no settings or a required key is missing.
 */
export function parseStudySettings<Settings extends object>(
  text: string | undefined,
  { study, required }: { readonly study: string; readonly required: readonly (keyof Settings & string)[] },
): Settings {
  const value = parseObject(text)
  const missing = required.filter((key) => typeof value?.[key] !== 'string')
  if (value !== undefined && missing.length === 0) return value as Settings
  const got = text === undefined ? 'nothing' : text
  throw new EvalError(
    'invalid-option',
    `${study}: expected the settings of the study as JSON with ${required.join(', ')}, got ${got}; ` +
      `start the study with "npm start -- ${study}", which starts its workers`,
    { study, missing },
  )
}

function parseObject(text: string | undefined): Readonly<Record<string, unknown>> | undefined {
  if (text === undefined) return undefined
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined
  } catch {
    return undefined
  }
}
