import { describe, expect, test } from 'vitest'
import { createNativeEngine, nativeInstructionSets } from './create-native-engine.js'
import { nativeLoadError } from './load-addon.js'

describe.skipIf(nativeLoadError() !== undefined)('the instruction set of a native engine', () => {
  test.each(['baseline', 'avx2', 'avx512'] as const)(
    '%s is what was asked for, or refused by name',
    (instructionSet) => {
      const create = () => createNativeEngine({ threads: 1, instructionSet })
      if (!nativeInstructionSets().includes(instructionSet)) {
        expect(create).toThrow(`this machine does not run ${instructionSet}`)
        return
      }
      const engine = create()
      expect(engine.instructionSet).toMatch(
        instructionSet === 'baseline' ? /^(sse4\.2|neon|baseline)$/ : instructionSet,
      )
      engine.dispose()
    },
  )

  test('the best is the last that the machine runs', () => {
    const best = createNativeEngine({ threads: 1 })
    const last = createNativeEngine({ threads: 1, instructionSet: nativeInstructionSets().at(-1)! })
    expect(best.instructionSet).toBe(last.instructionSet)
    best.dispose()
    last.dispose()
  })

  test('an unknown name is refused with the names there are', () => {
    expect(() => createNativeEngine({ instructionSet: 'sse9' as never })).toThrow(
      'instructionSet must be one of best, baseline, avx2, avx512, got sse9',
    )
  })
})
