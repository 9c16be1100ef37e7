import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { writeAtomically } from './run-store.js'

/**
 * The arms that an earlier start dropped for want of time, with the reason, so that a resumed study drops the same.
 *
 * `key` stands for budget and plan: a decision made for another is not used (`undefined`). 'any' takes the last one.
 */
export async function readDropped(directory: string, key: string | 'any'): Promise<Record<string, string> | undefined> {
  try {
    const value = JSON.parse(await readFile(join(directory, 'plan.json'), 'utf8')) as {
      key: string
      dropped: Record<string, string>
    }
    return key === 'any' || value.key === key ? value.dropped : undefined
  } catch {
    return undefined
  }
}

/** Keeps the decision for the next start. */
export async function writeDropped(directory: string, key: string, dropped: Record<string, string>): Promise<void> {
  await writeAtomically(join(directory, 'plan.json'), JSON.stringify({ key, dropped }))
}
