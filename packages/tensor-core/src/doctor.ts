import type { Backend } from './backend.js'
import { backendNames, loadBackend, type BackendName } from './create-backend.js'
import { matmul, tensor } from './operations/index.js'
import { scope } from './scope.js'

/** What `doctor` found out about one engine. */
export interface BackendDiagnosis {
  readonly name: BackendName
  /** True when it loaded and multiplied two matrices correctly. */
  readonly works: boolean
  /** Threads, instruction set, version …, when it works. */
  readonly facts: Readonly<Record<string, string | number | boolean>>
  /** Why it does not work. */
  readonly problem?: string
  /** What would add it. */
  readonly remedy?: string
}

export interface Diagnosis {
  readonly runtime: string
  readonly platform: string
  readonly backends: readonly BackendDiagnosis[]
  /** The engine that `createBackend()` would choose. */
  readonly choice: BackendName | undefined
}

const remedies: Readonly<Record<BackendName, string>> = {
  native:
    'install the binary for this machine (npm install @lemanic/tensor-native brings it where one is published), or in a clone run: npm run build:native (needs g++ or clang++)',
  wasm: 'use Node ≥ 20 or a browser with WebAssembly SIMD; reinstall @lemanic/tensor-native',
  cpu: 'reinstall @lemanic/tensor-core',
  tensorflow:
    'optional, for a GPU: npm install @tensorflow/tfjs-node-gpu (or tfjs-node without one), or in a clone: npm run setup:tensorflow',
}

/** Two small products of known result: an engine that loads but computes wrongly is not one that works. */
function selfTest(backend: Backend): void {
  scope(() => {
    const a = tensor(
      [
        [1, 2],
        [3, 4],
      ],
      [2, 2],
      { backend },
    )
    const product = Array.from(matmul(a, a, { transposeB: true }).dataSync())
    if (product.join() !== '5,11,11,25')
      throw new Error(`the self-test gave [${product.join(', ')}] for [5, 11, 11, 25]`)
  })
}

async function diagnose(name: BackendName): Promise<BackendDiagnosis> {
  try {
    const backend = await loadBackend(name)
    try {
      selfTest(backend)
      return { name, works: true, facts: backend.describe() }
    } finally {
      backend.dispose?.()
    }
  } catch (error) {
    const problem = (error instanceof Error ? error.message : String(error)).split('\n  help: ')[0]!
    return { name, works: false, facts: {}, problem, remedy: remedies[name] }
  }
}

/** As `createBackend` sees it: the GPU's package is there and lists a GPU. */
const isVisibleGpu = ({ facts }: BackendDiagnosis): boolean =>
  facts.device === 'GPU' && facts.package === '@tensorflow/tfjs-node-gpu'

/** Tries every engine and says what is present, what is missing, and what would add it. Changes no default. */
export async function doctor(): Promise<Diagnosis> {
  const backends: BackendDiagnosis[] = []
  for (const name of backendNames) backends.push(await diagnose(name))
  const isNode = typeof process === 'object' && process.versions?.node !== undefined
  return {
    runtime: isNode ? `Node ${process.versions.node}` : 'browser',
    platform: isNode ? `${process.platform}-${process.arch}` : 'web',
    backends,
    choice: (backends.find(isVisibleGpu) ?? backends.find(({ name, works }) => works && name !== 'tensorflow'))?.name,
  }
}

/** The diagnosis as text for a terminal. */
export function formatDiagnosis({ runtime, platform, backends, choice }: Diagnosis): string {
  const lines = [`${runtime} on ${platform}`, '']
  for (const { name, works, facts, problem, remedy } of backends) {
    const mark = works ? 'ok     ' : 'missing'
    const details = Object.entries(facts).map(([key, value]) => `${key} ${String(value)}`)
    lines.push(
      `${mark}  ${name.padEnd(10)} ${works ? details.join(', ') : (problem ?? '')}${name === choice ? '  ← chosen' : ''}`.trimEnd(),
    )
    if (remedy !== undefined) lines.push(`         ${' '.repeat(11)}to add it: ${remedy}`)
  }
  return lines.join('\n')
}
