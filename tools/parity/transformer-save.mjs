// Loads a folder with @lemanic/transformer and saves it again: node --conditions=@lemanic/source --import tsx tools/parity/transformer-save.mjs FROM TO [WEIGHTS]
import { createBackend } from '../../packages/tensor-core/src/index.ts'
import { loadPretrained, savePretrained } from '../../packages/transformer/src/node.ts'

const [from, to, weights] = process.argv.slice(2)
await createBackend()
const { model, params, generation } = await loadPretrained(from)
const tokens = { begin: generation.beginToken, end: generation.stopTokens, padding: generation.paddingToken }
await savePretrained(to, { model, params, tokens, ...(weights && { weights }), maximumShardBytes: 6000 })
