// A script for memory.test.ts: a million eager additions, in one synchronous scope or without any in an async loop.
// Prints the highest resident memory of the process in bytes. Usage: tsx test-million-additions.ts scope|async
import { add, createBackend, scope, tensor } from './index.js'

const count = 1_000_000
await createBackend({ threads: 1 })
let peak = 0
const sample = (): void => {
  peak = Math.max(peak, process.memoryUsage().rss)
}
let total = 0
if (process.argv[2] === 'scope') {
  scope(() => {
    let x = tensor([0])
    for (let i = 0; i < count; i++) {
      x = add(x, 1)
      if (i % 10_000 === 0) sample()
    }
    total = x.item()
  })
} else {
  let x = tensor([0])
  for (let i = 0; i < count; i++) {
    x = add(x, 1)
    if (i % 100 === 0) await new Promise((resolve) => setImmediate(resolve))
    if (i % 10_000 === 0) sample()
  }
  total = x.item()
}
sample()
console.log(JSON.stringify({ peak, total }))
