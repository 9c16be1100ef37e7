import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { createWasmEngine, createWasmEngineSync } from './create-wasm-engine.js'
import type { Engine } from './engine.js'
import { compute, float32, numbers } from './test-engines.js'

afterEach(() => vi.unstubAllGlobals())

interface WorkerThreads {
  Worker: new (...values: unknown[]) => { once(event: 'exit', listener: () => void): unknown }
}
const workerThreads = process.getBuiltinModule('node:worker_threads') as unknown as WorkerThreads

/** Runs `body` with another class of workers. */
async function withWorkers(Worker: WorkerThreads['Worker'], body: () => Promise<void>): Promise<void> {
  const original = workerThreads.Worker
  workerThreads.Worker = Worker
  try {
    await body()
  } finally {
    workerThreads.Worker = original
  }
}

const moduleOf = (name: string): WebAssembly.Module =>
  new WebAssembly.Module(readFileSync(new URL(`../wasm/${name}`, import.meta.url)))

const bytesOf = (results: readonly Float32Array[]): Buffer =>
  Buffer.concat(results.map(({ buffer, byteOffset, byteLength }) => new Uint8Array(buffer, byteOffset, byteLength)))
/** Equal bits; element by element the test framework takes a minute. */
const expectSame = (results: readonly Float32Array[], expected: readonly Float32Array[]): void =>
  expect(bytesOf(results).equals(bytesOf(expected))).toBe(true)

/** A program in a process of its own → its exit code and what it printed. */
function run(program: string): Promise<{ code: number | null; output: string }> {
  const entry = JSON.stringify(new URL('./create-wasm-engine.ts', import.meta.url).href)
  const flags = ['--conditions=@lemanic/source', '--import', 'tsx', '--input-type=module', '--eval']
  const child = spawn(process.execPath, [
    ...flags,
    `import { createWasmEngine, createWasmEngineSync } from ${entry}\n${program}`,
  ])
  let output = ''
  child.stdout.on('data', (data) => (output += data))
  child.stderr.on('data', (data) => (output += data))
  return new Promise((resolve) => child.on('close', (code) => resolve({ code, output })))
}

const work = (engine: Engine): Float32Array[] => {
  const [a, b, cube] = [
    float32(engine, [130, 300]),
    float32(engine, [300, 170], numbers(51_000, 2)),
    float32(engine, [9, 65, 40], numbers(23_400, 3)),
  ]
  return [
    ...compute(engine, 'matmul', [0, 0], [a, b], [[130, 170]]),
    ...compute(engine, 'matmul', [0, 1], [cube, cube], [[9, 65, 65]]),
    ...compute(engine, 'matmul', [1, 0], [cube, cube], [[9, 40, 40]]),
    ...compute(engine, 'sum', [0b11], [a], [[1, 1]]),
    ...compute(engine, 'softmax', [], [b], [[300, 170]]),
    ...compute(engine, 'gelu', [1], [a], [[130, 300]]),
  ]
}

describe('threads of the WebAssembly engine', () => {
  test('give the results of one thread, bit for bit', async () => {
    const single = createWasmEngineSync()
    const expected = work(single)
    for (const threads of [2, 3, 5]) {
      const engine = await createWasmEngine({ threads })
      expect(engine.threads).toBe(threads)
      for (let round = 0; round < 20; round++) expectSame(work(engine), expected)
      engine.dispose()
    }
    const sync = createWasmEngineSync({ threads: 3 })
    expectSame(work(sync), expected)
    sync.dispose()
    single.dispose()
  })

  test('are as many as the machine offers by default, in createWasmEngineSync one', async () => {
    const engine = await createWasmEngine()
    const { availableParallelism } = process.getBuiltinModule('node:os')
    expect(engine.threads).toBe(availableParallelism())
    engine.dispose()
    expect(createWasmEngineSync().threads).toBe(1)
  })

  test('end with dispose', async () => {
    let ended = 0
    class Counted extends workerThreads.Worker {
      constructor(...values: unknown[]) {
        super(...values)
        this.once('exit', () => ended++)
      }
    }
    await withWorkers(Counted, async () => {
      const engine = await createWasmEngine({ threads: 4 })
      work(engine)
      expect(ended).toBe(0)
      engine.dispose()
      engine.dispose()
      await vi.waitFor(() => expect(ended).toBe(3), { timeout: 10_000 })
    })
  })

  test('keep no process alive, at work or asleep, and end with it', async () => {
    const programs = [
      'await createWasmEngine({ threads: 3 }); console.log("done")',
      'createWasmEngineSync({ threads: 3 }); console.log("done")',
      'const engine = await createWasmEngine({ threads: 3 }); setTimeout(() => console.log("done"), 300)',
      'await createWasmEngine({ threads: 3 }); console.log("done"); process.exit(0)',
    ]
    for (const program of programs) expect(await run(program)).toEqual({ code: 0, output: 'done\n' })
  })

  test('are one where memory is not shared', async () => {
    vi.stubGlobal('crossOriginIsolated', false)
    expect((await createWasmEngine({ threads: 4 })).threads).toBe(1)
    vi.stubGlobal('crossOriginIsolated', true)
    vi.stubGlobal('SharedArrayBuffer', undefined)
    const engine = await createWasmEngine({ threads: 4 })
    expect(engine.threads).toBe(1)
    vi.unstubAllGlobals()
    const other = createWasmEngineSync()
    expectSame(work(engine), work(other))
  })

  test('are one where workers do not start, and fewer where some do not', async () => {
    class Refused extends workerThreads.Worker {
      constructor() {
        super('', { eval: true, name: 'refused', env: 'no environment' })
      }
    }
    let made = 0
    class Half extends workerThreads.Worker {
      constructor(script: unknown, options: unknown) {
        super(made++ % 2 === 0 ? script : 'throw new Error("broken")', options)
      }
    }
    const expected = work(createWasmEngineSync())
    for (const [Worker, threads] of [
      [Refused, 1],
      [Half, 3],
    ] as const) {
      await withWorkers(Worker as never, async () => {
        const engine = await createWasmEngine({ threads: 5 })
        expect(engine.threads).toBe(threads)
        expectSame(work(engine), expected)
        engine.dispose()
      })
    }
  })

  test('take a compiled module of either build', async () => {
    const single = await createWasmEngine({ module: moduleOf('engine.wasm'), threads: 4 })
    expect(single.threads).toBe(1)
    const module = moduleOf('engine-threads.wasm')
    for (const threads of [1, 2]) {
      const engine = await createWasmEngine({ module, threads })
      expect(engine.threads).toBe(threads)
      expectSame(work(engine), work(single))
      engine.dispose()
    }
    vi.stubGlobal('SharedArrayBuffer', undefined)
    await expect(createWasmEngine({ module })).rejects.toThrow(/shared memory.*give wasm\/engine\.wasm instead/)
  })

  test('refuses what is no number of threads', async () => {
    for (const threads of [0, 1.5, 257, Number.NaN]) {
      await expect(createWasmEngine({ threads })).rejects.toThrow(/threads must be an integer from 1 to 256, got/)
      expect(() => createWasmEngineSync({ threads })).toThrow(/createWasmEngineSync: threads must be/)
    }
  })

  test('grow the memory while others look at it', async () => {
    const engine = await createWasmEngine({ threads: 3 })
    const held: number[] = []
    for (let i = 0; i < 24; i++) {
      const values = new Float32Array(1 << 20).fill(i)
      const handle = engine.write(values)
      held.push(handle)
      work(engine)
      expectSame([engine.read(handle, new Float32Array(1 << 20))], [values])
    }
    for (const handle of held) engine.free(handle)
    engine.dispose()
  })
})
