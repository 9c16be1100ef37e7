// A script for memory.test.ts: 2,000 eager additions of 4 MiB in turns of 10, whose results the garbage collector has to
// find, a scope frees, or the program disposes of. Prints the highest resident memory in bytes and how often the collector
// went through the whole heap. Usage: tsx test-large-additions.ts collected|scope|dispose
import { PerformanceObserver, constants } from 'node:perf_hooks'
import { add, createBackend, scope, zeros, type BackendName, type Tensor } from './index.js'

const [kind, backend = 'native'] = process.argv.slice(2)
await createBackend({ backend: backend as BackendName, threads: 1 })
let peak = 0
let collections = 0
new PerformanceObserver((list) => {
  for (const entry of list.getEntries() as (PerformanceEntry & { detail: { kind: number } })[]) {
    if (entry.detail.kind === constants.NODE_PERFORMANCE_GC_MAJOR) collections++
  }
}).observe({ entryTypes: ['gc'] })
const x = zeros([1024, 1024])
const turn = (): Tensor[] => Array.from({ length: 10 }, () => add(x, 1))
for (let i = 0; i < 200; i++) {
  if (kind === 'scope') scope(() => void turn())
  else if (kind === 'dispose') for (const y of turn()) y.dispose()
  else turn()
  await new Promise((resolve) => setImmediate(resolve))
  peak = Math.max(peak, process.memoryUsage().rss)
}
console.log(JSON.stringify({ peak, collections }))
