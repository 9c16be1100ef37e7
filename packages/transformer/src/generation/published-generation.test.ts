/** Agreement with `generate` of transformers; `tools/parity/transformer-checkpoints.py` wrote the folders. */
import { readFileSync } from 'node:fs'
import { createCpuBackend, setDefaultBackend } from '@lemanic/tensor-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { loadPretrained, type PretrainedModel } from '../checkpoints/load-pretrained.js'
import { publishedDecoders, publishedEncoderDecoders, readPublished } from '../testing/published-fixture.js'
import { availableBackends, relativeError } from '../testing/tiny-decoder.js'
import { beamSearch, type BeamSearchOptions } from './beam-search.js'
import { generate, generateBatch, type GenerateOptions } from './generate.js'
import * as processors from './logits-processors.js'

beforeAll(() => void setDefaultBackend(createCpuBackend()))

/** The readable engine, and where its binary loads the fast one, whose steps are replayed. */
const backends = (await availableBackends()).filter(({ name }) => name === 'cpu' || name === 'native')

/** The rows of the golden inputs without their padding. */
function rowsOf(values: ArrayLike<number>, mask: ArrayLike<number>): number[][] {
  const width = values.length / 2
  return [0, 1].map((row) =>
    Array.from({ length: width }, (_, i) => i + row * width).flatMap((i) => (mask[i] === 1 ? [values[i]!] : [])),
  )
}

async function load(name: string): Promise<PretrainedModel & { inputs: { prompt?: number[]; source?: number[] }[] }> {
  const fixture = await readPublished(name)
  const loaded = await loadPretrained(fixture.folder)
  const inputs =
    loaded.kind === 'decoder'
      ? rowsOf(fixture.values('prompts'), fixture.values('mask')).map((prompt) => ({ prompt }))
      : rowsOf(fixture.values('sources'), fixture.values('sourceMask')).map((source) => ({ source }))
  return { ...loaded, inputs }
}

const families = [...publishedDecoders, ...publishedEncoderDecoders].flatMap((name) =>
  backends.map(({ name: engine, backend }) => ({ name, engine, backend })),
)

describe.each(families)('$name on $engine', async ({ name, backend }) => {
  const { generation } = await readPublished(name)
  beforeAll(() => void setDefaultBackend(backend))
  afterAll(() => void setDefaultBackend(undefined))
  test.each(generation)('$options', async ({ options, sequences, scores }) => {
    const { model, params, inputs } = await load(name)
    const stopTokens = [2]
    if (options.beams === undefined) {
      const all = { ...options, stopTokens } as unknown as GenerateOptions
      const alone = await Promise.all(inputs.map((input) => generate(model, params, { ...all, ...input })))
      expect(alone).toEqual(sequences)
      const [prompts, sources] = (['prompt', 'source'] as const).map((part) =>
        inputs.flatMap((input) => (input[part] ? [input[part]] : [])),
      )
      const rows = prompts!.length > 0 ? { prompts: prompts! } : { sources: sources! }
      expect(await generateBatch(model, params, { ...all, ...rows })).toEqual(sequences)
      return
    }
    const found = []
    for (const input of inputs)
      found.push(
        ...(await beamSearch(model, params, { ...options, stopTokens, ...input } as unknown as BeamSearchOptions)),
      )
    expect(found.map(({ tokens }) => tokens)).toEqual(sequences)
    expect(
      relativeError(
        found.map(({ score }) => score),
        scores,
      ),
    ).toBeLessThan(1e-4)
  })
})

interface Golden {
  readonly texts: readonly number[][]
  readonly scores: readonly number[][]
  readonly cases: readonly { name: 'topK'; value: number; outputs: readonly (number | null)[][] }[]
}
const golden = JSON.parse(readFileSync(new URL('fixtures/processors.json', import.meta.url), 'utf8')) as Golden

test.each(golden.cases)('$name($value) does what transformers does', ({ name, value, outputs }) => {
  const process = processors[name](value)
  golden.texts.forEach((tokens, i) => {
    const scores = Float32Array.from(golden.scores[i]!)
    process(scores, { tokens, added: 1 })
    outputs[i]!.forEach((expected, id) => expect(scores[id]).toBeCloseTo(expected ?? -Infinity, 4))
  })
})
