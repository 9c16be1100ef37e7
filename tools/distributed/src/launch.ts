import { parseArgs } from 'node:util'
import { launchRanks } from '@lemanic/compression/collectives'

/** Runs a script in several processes of this machine: `npm run launch -- -n 4 [--transport tcp --port 29500] SCRIPT …`. */
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    n: { type: 'string', short: 'n', default: '2' },
    transport: { type: 'string', default: 'shared-memory' },
    port: { type: 'string', default: '29500' },
  },
})
if (positionals.length === 0) {
  console.error('usage: launch -n RANKS [--transport shared-memory|tcp] [--port PORT] SCRIPT [-- OPTIONS]')
  process.exit(2)
}
await launchRanks({
  ranks: Number(values.n),
  transport: values.transport as 'shared-memory' | 'tcp',
  port: Number(values.port),
  command: [process.execPath, ...process.execArgv, ...positionals],
  environment: process.env,
}).catch((error: Error) => {
  console.error(error.message)
  process.exitCode = 1
})
