import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { AttributeWords } from './attribute-words.js'
import { createNativeEngine } from './create-native-engine.js'
import type { Engine } from './engine.js'
import type { EngineOperand } from './engine-spec.js'
import { engines, float32, numbers } from './test-engines.js'

describe.each(engines)('recordings, %s', (_, create) => {
  let engine: Engine
  beforeEach(() => {
    engine = create()
  })
  afterEach(() => engine.dispose())

  const run = (name: string, inputs: EngineOperand[], shape: readonly number[], words = new AttributeWords()) => {
    const spec = { shape, dtype: 'float32' } as const
    const [handle] = engine.run(engine.operationCode(name)!, words.values, inputs, [spec], words.patches)
    return { ...spec, handle: handle! }
  }
  const free = (...operands: EngineOperand[]): void => operands.forEach(({ handle }) => engine.free(handle as number))
  const read = (handle: number, size: number): Float32Array => engine.read(handle, new Float32Array(size))

  test('a replay with other inputs gives what a run gives, bit for bit', () => {
    const weights = float32(engine, [7, 5])
    const step = (x: EngineOperand): EngineOperand => {
      const y = run('matmul', [x, weights], [3, 5], new AttributeWords().flag(false).flag(false))
      const z = run('tanh', [y], [3, 5])
      const sum = run('add', [z, y], [3, 5])
      free(y, z)
      return sum
    }
    const [first, second] = [float32(engine, [3, 7], numbers(21, 1)), float32(engine, [3, 7], numbers(21, 2))]
    engine.startRecording([first.handle as number])
    free(step(first)) // what is freed too early is made again
    const recorded = step(first)
    const plan = engine.endRecording([recorded])
    const expected = step(second)
    const { buffers } = engine.memory()
    for (const [input, output] of [
      [second, expected],
      [first, recorded],
    ] as const) {
      const [handle] = plan.replay([input.handle as number])
      expect(read(handle!, 15)).toEqual(read(output.handle as number, 15))
      engine.free(handle!)
    }
    expect(engine.memory().buffers).toBe(buffers)
    plan.dispose()
    free(first, second, weights, recorded, expected)
    expect(engine.memory()).toMatchObject({ buffers: 0, bytes: 0 })
  })

  test('words that change are read again at each replay', () => {
    let factor = 2
    let key = [1, 2]
    const full = () =>
      run(
        'full',
        [],
        [4],
        new AttributeWords().changingNumber(() => factor),
      )
    const noise = () =>
      run(
        'randomUniform',
        [],
        [4],
        new AttributeWords().changingIntegers(() => key),
      )
    engine.startRecording([])
    const outputs = [full(), noise()]
    const plan = engine.endRecording(outputs)
    free(...outputs)
    factor = 0.1
    key = [3, 4]
    const [a, b] = plan.replay([]) as [number, number]
    expect([...read(a, 4)]).toEqual([0, 0, 0, 0].fill(Math.fround(0.1)))
    const fresh = noise()
    expect(read(b, 4)).toEqual(read(fresh.handle as number, 4))
    plan.dispose()
  })

  test('keeps what depends on constants alone, and copies it where it is an output', () => {
    engine.startRecording([])
    const host = float32(engine, [2], Float32Array.of(1, 2))
    const doubled = run('add', [host, host], [2])
    const plan = engine.endRecording([doubled])
    free(host, doubled) // what the program reads stays, but it is of no use any more
    expect(plan.isStale).toBe(true)
    expect(() => plan.replay([])).toThrow('record again')
    plan.dispose()

    engine.startRecording([])
    const again = float32(engine, [2], Float32Array.of(1, 2))
    const sum = run('add', [again, again], [2])
    const four = run('add', [sum, sum], [2])
    free(again, sum) // freed before the end: the plan holds them
    const second = engine.endRecording([four])
    const [handle] = second.replay([])
    expect([...read(handle!, 2)]).toEqual([4, 8])
    engine.free(handle!)
    expect([...read(second.replay([])[0]!, 2)]).toEqual([4, 8])
  })

  test('a plan whose foreign buffer is gone is stale; other plans are not', () => {
    const [x, y, z] = [float32(engine, [3]), float32(engine, [3]), float32(engine, [3])]
    const record = (other: EngineOperand) => {
      engine.startRecording([x.handle as number])
      const sum = run('add', [x, other], [3])
      const plan = engine.endRecording([sum])
      free(sum)
      return plan
    }
    const [plan, kept] = [record(y), record(z)]
    free(y)
    expect([plan.isStale, kept.isStale]).toEqual([true, false])
    expect(kept.replay([x.handle as number])).toHaveLength(1)
  })

  test('an error inside a replay leaves no outputs, and the engine goes on', () => {
    const table = float32(engine, [4, 2])
    const ids = (...values: number[]) =>
      ({ handle: engine.write(Int32Array.from(values)), shape: [values.length], dtype: 'int32' }) as const
    const good = ids(3, 0)
    engine.startRecording([good.handle])
    const before = run('add', [table, table], [4, 2])
    const rows = run('embedding', [before, good], [2, 2])
    const plan = engine.endRecording([before, rows])
    const { buffers } = engine.memory()
    expect(() => plan.replay([ids(9, 0).handle])).toThrow('index 9')
    expect(engine.memory().buffers).toBe(buffers + 1)
    expect(() => plan.replay([float32(engine, [5]).handle as number])).toThrow('bytes')
    expect(() => plan.replay([])).toThrow('1 inputs')
    expect(read(plan.replay([good.handle])[1]!, 4)).toEqual(read(rows.handle as number, 4))
  })

  test('an aborted recording holds nothing', () => {
    engine.startRecording([])
    const host = float32(engine, [2])
    free(host)
    expect(engine.memory().buffers).toBe(1)
    engine.abortRecording()
    expect(engine.memory()).toMatchObject({ buffers: 0, bytes: 0 })
    expect(() => engine.endRecording([])).toThrow('no recording')
    engine.startRecording([])
    expect(() => engine.startRecording([])).toThrow('under way')
  })

  test('temporaries of a long chain share a few places', () => {
    const x = float32(engine, [1000])
    engine.startRecording([x.handle as number])
    let y = run('tanh', [x], [1000])
    for (let i = 0; i < 50; i++) {
      const next = run('add', [y, x], [1000])
      free(y)
      y = next
    }
    const plan = engine.endRecording([y])
    // x, y and an arena for two of the fifty
    expect(engine.memory().bytes).toBeLessThanOrEqual(4000 * 2 + 2 * 4032)
    plan.dispose()
    expect(engine.memory().bytes).toBe(8000)
  })
})

test('a plan respects the memory limit', () => {
  const engine = createNativeEngine({ threads: 1, memoryLimit: 40_000 })
  const x = float32(engine, [2000])
  engine.startRecording([x.handle as number])
  const spec = { shape: [2000], dtype: 'float32' } as const
  const add = engine.operationCode('add')!
  const [y] = engine.run(add, [], [x, x], [spec])
  const [z] = engine.run(add, [], [x, { ...spec, handle: y! }], [spec])
  const [w] = engine.run(add, [], [x, { ...spec, handle: z! }], [spec])
  expect(() => engine.endRecording([{ ...spec, handle: w! }])).toThrow('memory limit')
  for (const handle of [y!, z!, w!]) engine.free(handle)
  expect(engine.memory().bytes).toBe(8000)
  engine.dispose()
})
