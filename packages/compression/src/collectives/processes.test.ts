import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { launchRanks, type LaunchOptions } from './launch-ranks.js'
import { freePort, newCounterFile } from './test-worlds.js'

const program = fileURLToPath(new URL('test-rank.ts', import.meta.url))

async function launch(
  transport: 'tcp' | 'shared-memory',
  ranks: number,
  parameters: string[],
  more: Partial<LaunchOptions> = {},
): Promise<{ lines: string[]; error: unknown }> {
  const lines: string[] = []
  const error: unknown = await launchRanks({
    ranks,
    transport,
    port: await freePort(),
    command: [process.execPath, '--conditions=@lemanic/source', '--import', 'tsx', program, ...parameters],
    environment: process.env,
    onLine: (line) => lines.push(line),
    ...more,
  }).catch((reason: unknown) => reason)
  return { lines: lines.sort(), error }
}

describe.each(['tcp', 'shared-memory'] as const)('processes over %s', (transport) => {
  test.each([2, 4])(
    '%d of them hold the contract of collectives',
    async (ranks) => {
      const { lines, error } = await launch(transport, ranks, ['contract', newCounterFile()])
      expect(lines).toEqual(
        Array.from({ length: ranks }, (_, rank) => `rank ${rank} of ${ranks} over ${transport}: contract held`),
      )
      expect(error).toBeUndefined()
    },
    120_000,
  )

  test('one that dies is named by all others and by the launcher', async () => {
    const { lines, error } = await launch(transport, 3, ['lose'])
    expect(error).toMatchObject({ code: 'rank-lost', fields: { rank: 1, how: 'was ended by SIGKILL' } })
    expect(lines).toHaveLength(2)
    for (const [i, rank] of [0, 2].entries())
      expect(lines[i]).toMatch(new RegExp(`^rank ${rank} got rank-lost about rank 1: rank 1 is lost: its connection`))
  }, 120_000)
})

test('the launcher says what did not start, and refuses what cannot', async () => {
  const nothing = launchRanks({ ranks: 1, command: ['/no/such/program'], onLine: () => undefined })
  await expect(nothing).rejects.toMatchObject({
    code: 'rank-lost',
    message: expect.stringMatching(/did not start/) as string,
  })
  await expect(launchRanks({ ranks: 0, command: ['x'] })).rejects.toThrow(/whole number ≥ 1/)
  await expect(launchRanks({ ranks: 1, command: ['x'], transport: 'tcp' })).rejects.toThrow(/port/)
})
