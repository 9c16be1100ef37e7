import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Backend, createCpuBackend, LemanicError, setDefaultBackend } from '@lemanic/tensor-core'
import { afterEach, describe, expect, it } from 'vitest'
import { prepareStudy } from './prepare-study.js'

const folder = mkdtempSync(join(tmpdir(), 'cotformer-paper-'))
afterEach(() => {
  setDefaultBackend(undefined)
  rmSync(folder, { recursive: true, force: true })
})

/** TensorFlow as far as the preset looks at it. */
const engineOn = (device: string): Backend => ({
  ...createCpuBackend(),
  name: 'tensorflow',
  describe: () => ({ device }),
})

async function refusal(backend: Backend): Promise<string> {
  setDefaultBackend(backend)
  const settings = { preset: 'paper', backend: backend.name, dataFolder: join(folder, 'nowhere'), cacheFolder: folder }
  const tools = { onProgress: () => {}, signal: new AbortController().signal }
  return prepareStudy(settings, tools).then(
    () => 'nothing',
    (error: unknown) => (LemanicError.isInstance(error) ? error.code : String(error)),
  )
}

describe('the paper preset', () => {
  it('asks for a GPU, whatever the engine is called', async () => {
    expect(await refusal(createCpuBackend())).toBe('needs-gpu')
    expect(await refusal(engineOn('CPU'))).toBe('needs-gpu')
  })

  it('goes on to the data where a GPU is present', async () => {
    expect(await refusal(engineOn('GPU'))).not.toBe('needs-gpu')
  })
})
