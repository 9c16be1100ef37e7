import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'

describe('a million eager additions', () => {
  const script = fileURLToPath(new URL('./test-million-additions.ts', import.meta.url))

  it.each(['scope', 'async'])('stay under 500 MB (%s)', { timeout: 120_000 }, async (kind) => {
    const words = ['--conditions=@lemanic/source', '--import', 'tsx', script, kind]
    const { stdout } = await promisify(execFile)(process.execPath, words)
    const { peak, total } = JSON.parse(stdout) as { peak: number; total: number }
    expect(total).toBe(1_000_000)
    expect(peak / 2 ** 20).toBeLessThan(500)
  })
})
