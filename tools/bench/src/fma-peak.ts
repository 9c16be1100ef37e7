import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** GFLOP/s of nothing but multiply-adds, all threads together, by the width of the vectors. */
export type Peaks = Readonly<Partial<Record<'baseline' | 'avx2' | 'avx512', number>>>

const source = fileURLToPath(new URL('../native/fma-peak.cc', import.meta.url))

/**
 * Compiles and runs `native/fma-peak.cc`, a program of its own, so that the measure is independent of the engine.
 * Returns the highest of `rounds` runs; undefined, with the reason told to `note`, where there is no compiler.
 */
export function measurePeaks(threads: number, rounds: number, note: (text: string) => void): Peaks | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'lemanic-peak-'))
  const program = join(folder, 'fma-peak')
  const flags = ['-std=c++17', '-O3', '-ffp-contract=fast', '-pthread', source, '-o', program]
  const compilers = process.env['CXX'] === undefined ? ['g++', 'clang++', 'c++'] : [process.env['CXX']]
  try {
    if (!compilers.some((compiler) => spawnSync(compiler, flags).status === 0)) {
      note(`without the peak of multiply-adds: no C++ compiler of ${compilers.join(', ')} built it`)
      return undefined
    }
    const highest: { -readonly [name in keyof Peaks]: number } = {}
    for (let round = 0; round < rounds; round++) {
      const { stdout, status } = spawnSync(program, [String(threads), '0.1'], { encoding: 'utf8' })
      if (status !== 0) {
        note(`without the peak of multiply-adds: it ended with ${String(status)}`)
        return undefined
      }
      const { peaks } = JSON.parse(stdout) as { peaks: Record<keyof Peaks, number> }
      for (const name of Object.keys(peaks) as (keyof Peaks)[]) {
        highest[name] = Math.max(highest[name] ?? 0, peaks[name])
      }
    }
    return highest
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** The peak that an engine's kernels could reach, by the name that the engine gives its instruction set. */
export function peakOf(peaks: Peaks | undefined, instructionSet: string): number | undefined {
  if (instructionSet.startsWith('avx512')) return peaks?.avx512
  return instructionSet.startsWith('avx2') ? peaks?.avx2 : peaks?.baseline
}
