import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

function lemanic(...words: string[]): { status: number | null; stdout: string; stderr: string } {
  const cli = fileURLToPath(new URL('./cli.ts', import.meta.url))
  return spawnSync(process.execPath, ['--conditions=@lemanic/source', '--import', 'tsx', cli, ...words], {
    encoding: 'utf8',
  })
}

describe('lemanic', () => {
  it('doctor prints the diagnosis and ends with 0', () => {
    const { status, stdout } = lemanic('doctor')
    expect(status).toBe(0)
    expect(stdout).toMatch(/ok +cpu/)
    expect(stdout).toContain('← chosen')
  })

  it('doctor --json is JSON', () => {
    expect(JSON.parse(lemanic('doctor', '--json').stdout)).toHaveProperty('backends')
  })

  it('wrong usage ends with 2 and says what is known', () => {
    for (const words of [[], ['docter'], ['doctor', '--jsn']]) {
      const { status, stderr } = lemanic(...words)
      expect(status).toBe(2)
      expect(stderr).toContain('usage: lemanic doctor')
    }
    expect(lemanic('docter').stderr).toContain('did you mean "doctor"?')
  })
})
