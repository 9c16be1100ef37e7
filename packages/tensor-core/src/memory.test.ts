import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'

describe('eager additions of 4 MiB', () => {
  const script = fileURLToPath(new URL('./test-large-additions.ts', import.meta.url))
  const run = async (kind: string): Promise<{ peak: number; collections: number }> => {
    const words = ['--conditions=@lemanic/source', '--import', 'tsx', script, kind]
    const { stdout } = await promisify(execFile)(process.execPath, words)
    return JSON.parse(stdout) as { peak: number; collections: number }
  }

  // 8 GiB in all; 580 to 710 MiB were seen on one machine and below 500 on another: when the collector runs is its own affair
  it('the collector finds those that nobody frees, in time', { timeout: 120_000 }, async () => {
    const { peak, collections } = await run('collected')
    expect(peak / 2 ** 20).toBeLessThan(1024)
    expect(collections).toBeGreaterThan(5)
  })

  it('what a scope or dispose frees does not wake the collector', { timeout: 120_000 }, async () => {
    for (const kind of ['scope', 'dispose']) {
      const { peak, collections } = await run(kind)
      expect(peak / 2 ** 20).toBeLessThan(600)
      expect(collections).toBeLessThan(5)
    }
  })
})

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
