#!/usr/bin/env node
// Builds wasm/engine.wasm and wasm/engine-threads.wasm from the same sources as the addon, with clang, lld and wasi-libc
// (only its pure functions). The objects are the same; the second is linked to work on a shared memory that it imports.
//
//   node build-wasm.mjs           builds them
//   node build-wasm.mjs --check   builds them aside and compares: exit code 1 when a committed file is not current.
//                                 Without clang for WebAssembly it says so and ends with 0.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { coreFiles, exactFiles, nodeFiles, inParallel, languageFlags, run } from './build.mjs'

const root = dirname(fileURLToPath(import.meta.url))
const sources = join(root, 'src', 'native')
const target = join(root, 'wasm')
const clang = process.env.WASM_CXX ?? 'clang++'

/** Families off the hot path, and one whose loops are written with vectors and unrolled by hand, are built for size. */
const smallFiles = [
  'creation.cc',
  'few-rows.cc',
  'index.cc',
  'pooling.cc',
  'random.cc',
  'reduce.cc',
  'rotary.cc',
  'scan.cc',
  'sort.cc',
]

const exported = [
  'lm_create',
  'lm_destroy',
  'lm_execute',
  'lm_compile',
  'lm_replay',
  'lm_discard',
  'lm_allocate',
  'lm_data',
  'lm_bytes',
  'lm_counters',
  'lm_reset_peak',
  'lm_trim',
  'lm_error',
  'lm_operations',
  'lm_instruction_set',
  'malloc',
  'free',
]

/** The modules and what sets them apart for the linker. */
const modules = {
  'engine.wasm': [],
  'engine-threads.wasm': [
    '--import-memory',
    '--shared-memory',
    '--initial-memory=4194304', // src/threaded-instance.ts
    '--no-check-features', // the C library is not built for shared memory; what of it touches state is locked (memory.cc)
    '--export=lm_work',
    '--export=lm_may_wait',
    '--export=lm_worker_failed',
    '--export=__stack_pointer',
  ],
}

async function build(folder) {
  const objects = []
  const tasks = readdirSync(sources)
    .filter((file) => file.endsWith('.cc') && !nodeFiles.includes(file))
    .sort()
    .map((file) => {
      const object = join(folder, `${file}.o`)
      objects.push(object)
      const flags = [
        ...languageFlags,
        smallFiles.includes(file) ? '-Os' : '-fno-unroll-loops',
        '--target=wasm32-wasi',
        '-msimd128',
        '-matomics',
        '-nostdinc++',
        '-fno-threadsafe-statics',
        '-ffunction-sections',
        exactFiles.includes(file) ? '-ffp-contract=off' : '-ffp-contract=fast',
        ...(coreFiles.includes(file) ? [] : ['-DLM_NS=baseline']),
        // paths would make the result depend on the folder
        `-ffile-prefix-map=${sources}=.`,
      ]
      return () => run(clang, [...flags, '-c', join(sources, file), '-o', object])
    })
  await inParallel(tasks, Math.min(availableParallelism(), 8))
  const built = {}
  for (const [name, flags] of Object.entries(modules)) {
    const wasm = join(folder, name)
    await run(clang, [
      '--target=wasm32-wasi',
      '-nostdlib',
      '-o',
      wasm,
      ...objects,
      '-lc',
      '-Wl,--no-entry',
      '-Wl,--gc-sections',
      '-Wl,--strip-all',
      '-Wl,-z,stack-size=262144',
      '-Wl,--max-memory=4294967296',
      ...exported.map((name) => `-Wl,--export=${name}`),
      ...flags.map((flag) => `-Wl,${flag}`),
    ])
    built[name] = readFileSync(wasm)
  }
  return built
}

if (process.argv[1] && fileURLToPath(import.meta.url) === process.argv[1]) {
  const check = process.argv.includes('--check')
  const version = spawnSync(clang, ['--print-targets'], { encoding: 'utf8' })
  if (version.status !== 0 || !version.stdout.includes('wasm32')) {
    console.log(
      `tensor-native: ${clang} cannot compile for WebAssembly here; install clang, lld and wasi-libc to ${check ? 'check' : 'build'} wasm/`,
    )
    process.exit(check ? 0 : 1)
  }
  const folder = mkdtempSync(join(tmpdir(), 'lemanic-wasm-'))
  try {
    const built = await build(folder)
    mkdirSync(target, { recursive: true })
    for (const [name, bytes] of Object.entries(built)) {
      const path = join(target, name)
      if (check) {
        if (existsSync(path) && bytes.equals(readFileSync(path))) continue
        console.log(`tensor-native: wasm/${name} is not what its sources give; run node build-wasm.mjs and commit it`)
        process.exitCode = 1
      } else {
        writeFileSync(path, bytes)
        const digest = createHash('sha256').update(bytes).digest('hex').slice(0, 16)
        console.log(`tensor-native: wasm/${name}, ${(bytes.length / 1024).toFixed(0)} KiB, sha256 ${digest}`)
      }
    }
  } catch (error) {
    console.log(`tensor-native: ${error.message}`)
    process.exitCode = 1
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
