import { appendFileSync, mkdtempSync, statSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { JoinOptions } from './join-world.js'
import type { SummationOrder } from './world.js'

// What the tests of several transports share.

/** The length of a file, which processes can share. */
export function counterInFile(path: string): { add(): void; read(): number } {
  return { add: () => appendFileSync(path, '.'), read: () => statSync(path).size }
}

export function newCounterFile(): string {
  const path = join(mkdtempSync(join(tmpdir(), 'lemanic-counter-')), 'count')
  writeFileSync(path, '')
  return path
}

export async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

export const secret = 'sixteen characters'

/** Options of every rank of a world whose ranks all live in this process. */
export async function optionsOfAll(
  transport: 'tcp' | 'shared-memory',
  worldSize: number,
  more: { order?: SummationOrder; timeout?: number; joinTimeout?: number; capacity?: number } = {},
): Promise<JoinOptions[]> {
  const port = await freePort()
  const folder = join(mkdtempSync(join(tmpdir(), 'lemanic-ranks-')), 'world')
  return Array.from({ length: worldSize }, (_, rank) =>
    transport === 'tcp'
      ? { transport, rank, worldSize, address: { host: '127.0.0.1', port }, secret, ...more }
      : { transport, rank, worldSize, folder, ...more },
  )
}
