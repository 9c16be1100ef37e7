#!/usr/bin/env node
// Builds the engine's Node-API addon with the machine's own C++ compiler: no node-gyp, no Python, no network.
//
//   node build.mjs              into build/<platform>-<architecture>/lemanic.node; nothing to do → returns at once
//   node build.mjs --require    a failure ends with exit code 1 (else one line of advice and 0: `wasm` serves instead)
//   node build.mjs --force      compiles everything again
//   node build.mjs --platform win32 --arch x64
//                               for another system or architecture (CXX names the cross compiler)
//   node build.mjs --sanitize address,undefined
//                               with GCC's sanitizers, into build/<platform>-<architecture>-address-undefined
//
// CXX names the compiler (default: g++, else clang++, else c++). On Windows it is MinGW's g++, or clang++.
import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { availableParallelism } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

const root = dirname(fileURLToPath(import.meta.url))
const sources = join(root, 'src', 'native')

/** Files that are about Node.js only. */
export const nodeFiles = ['addon.cc', 'node-api-windows.cc']

/** Files that are compiled once; every other .cc file is a family of kernels, compiled once an instruction set. */
export const coreFiles = [
  ...nodeFiles,
  'engine.cc',
  'memory.cc',
  'plan.cc',
  'plan-layout.cc',
  'plan-read.cc',
  'thread-pool.cc',
  'variants.cc',
]

/** Families whose float64 arithmetic is specified exactly: their products and sums may not be contracted. */
export const exactFiles = ['creation.cc', 'random.cc']

/** Language flags shared with the WebAssembly build. */
export const languageFlags = [
  '-std=c++17',
  '-O3',
  '-fno-exceptions',
  '-fno-rtti',
  '-fno-math-errno',
  '-fno-trapping-math',
  '-fvisibility=hidden',
  '-Wall',
  '-Wextra',
  '-Wno-psabi',
]

/** What the sources are; the addon carries it, and the loader compares (src/source-digest.ts has the same). */
function sourceDigest() {
  const digest = createHash('sha256')
  for (const file of readdirSync(sources).sort()) {
    if (!/\.(cc|h)$/.test(file)) continue
    digest.update(`${file}\n${readFileSync(join(sources, file), 'utf8').replaceAll('\r\n', '\n')}\n`)
  }
  return digest.digest('hex').slice(0, 16)
}

function variants(arch) {
  if (arch === 'x64') {
    return [
      { name: 'baseline', flags: ['-march=x86-64-v2', '-mtune=generic'] },
      { name: 'avx2', flags: ['-march=x86-64-v3', '-mtune=generic'] },
      { name: 'avx512', flags: ['-march=x86-64-v4', '-mtune=generic', '-mprefer-vector-width=512'] },
    ]
  }
  return [{ name: 'baseline', flags: [] }]
}

function findCompiler() {
  const wanted = process.env.CXX ? [process.env.CXX] : ['g++', 'clang++', 'c++']
  for (const command of wanted) {
    const result = spawnSync(command, ['--version'], { encoding: 'utf8' })
    if (result.status !== 0) continue
    const machine = spawnSync(command, ['-dumpmachine'], { encoding: 'utf8' }).stdout.trim()
    return { command, version: result.stdout.split('\n')[0], machine }
  }
  throw new Error(`no C++ compiler found (looked for ${wanted.join(', ')}); install g++ or clang, or set CXX`)
}

function findHeaders() {
  try {
    return join(dirname(createRequire(import.meta.url).resolve('node-api-headers/package.json')), 'include')
  } catch {
    throw new Error('the npm package node-api-headers is not installed; run npm ci first')
  }
}

export function run(command, argumentsOf) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, argumentsOf, { stdio: ['ignore', 'ignore', 'pipe'] })
    let errors = ''
    child.stderr.on('data', (data) => (errors += data))
    child.on('error', reject)
    child.on('close', (code) => {
      if (errors && process.env.LEMANIC_BUILD_VERBOSE) process.stderr.write(errors)
      if (code === 0) resolve()
      else reject(new Error(`${command} ${argumentsOf.join(' ')}\n${errors.trim()}`))
    })
  })
}

export async function inParallel(tasks, limit) {
  const queue = [...tasks]
  await Promise.all(
    Array.from({ length: limit }, async () => {
      for (let task = queue.shift(); task; task = queue.shift()) await task()
    }),
  )
}

/** A file and all headers of ours that it includes, directly or not. */
function withHeaders(file, found = new Set()) {
  if (found.has(file)) return found
  found.add(file)
  for (const [, header] of readFileSync(join(sources, file), 'utf8').matchAll(/^#include "(.+)"$/gm)) {
    if (existsSync(join(sources, header))) withHeaders(header, found)
  }
  return found
}

/** What the system wants of the compiler and of the linker, which gives a library that needs nothing beside it. */
function systemFlags(platform, { machine, version }) {
  if (platform === 'win32') {
    if (machine.includes('msvc')) {
      return { compile: ['-D_MT', '-D_HAS_EXCEPTIONS=0', '-Xclang', '--dependent-lib=libcmt'], link: ['-shared'] }
    }
    // GCC does not keep the stack of 64-bit Windows aligned for registers of 32 and 64 bytes (its bug 54412): the
    // assembler then takes the moves that do not ask for it, which are as fast on aligned memory
    const unaligned = /clang/.test(version) ? [] : ['-Wa,-muse-unaligned-vector-move']
    return { compile: unaligned, link: ['-shared', '-static'] }
  }
  return {
    compile: ['-fPIC'],
    link:
      platform === 'darwin'
        ? ['-shared', '-undefined', 'dynamic_lookup']
        : ['-shared', '-static-libgcc', '-static-libstdc++', '-pthread'],
  }
}

/** Object files, each with the command that makes it and a digest of all that goes into it. */
function plan(headers, { arch, target, flags: common, version }) {
  const files = readdirSync(sources).sort()
  const carried = sourceDigest()
  const objects = []
  for (const file of files.filter((name) => name.endsWith('.cc'))) {
    const core = coreFiles.includes(file)
    for (const variant of core ? [{ name: 'core', flags: [] }] : variants(arch)) {
      const flags = [
        ...languageFlags,
        exactFiles.includes(file) ? '-ffp-contract=off' : '-ffp-contract=fast',
        ...common,
        ...(core ? [`-I${headers}`, '-DBUILDING_NODE_EXTENSION'] : [`-DLM_NS=${variant.name}`, ...variant.flags]),
        ...(file === 'addon.cc' ? [`-DLM_SOURCES="${carried}"`] : []),
      ]
      const digest = createHash('sha256')
      for (const part of withHeaders(file)) digest.update(readFileSync(join(sources, part))).update('\0')
      digest.update(flags.join(' ')).update(version)
      const object = join(
        target,
        'objects',
        `${basename(file, '.cc')}-${variant.name}-${digest.digest('hex').slice(0, 16)}.o`,
      )
      objects.push({ object, flags: [...flags, '-c', join(sources, file), '-o', object] })
    }
  }
  return objects
}

/** Flags that replace a part of the usual ones when sanitizers look on; the runtime is preloaded into Node. */
const sanitizing = (names) => [`-fsanitize=${names}`, '-fno-sanitize=vptr', '-fno-omit-frame-pointer', '-g1', '-O1']

/**
 * Compiles what is not current and links the addon → { addon, outcome }. `platform` and `arch` are what to build for,
 * as Node.js names them, `sanitize` a list for -fsanitize.
 */
export async function build({ force = false, platform = process.platform, arch = process.arch, sanitize } = {}) {
  const compiler = findCompiler()
  const system = systemFlags(platform, compiler)
  const extra = sanitize === undefined ? [] : sanitizing(sanitize)
  const folder = [platform, arch, ...(sanitize === undefined ? [] : sanitize.split(','))].join('-')
  const target = join(root, 'build', folder)
  const flags = [...system.compile, ...extra]
  const objects = plan(findHeaders(), { arch, target, flags, version: compiler.version })
  // the sanitizers' own libraries are shared ones
  const link = sanitize === undefined ? system.link : [...system.link.filter((flag) => !/static/.test(flag)), ...extra]
  const stamp = createHash('sha256')
    .update(JSON.stringify([objects.map(({ object }) => basename(object)), link, compiler]))
    .digest('hex')
  const stampFile = join(target, 'stamp')
  const addon = join(target, 'lemanic.node')
  if (!force && existsSync(addon) && existsSync(stampFile) && readFileSync(stampFile, 'utf8') === stamp)
    return { addon, outcome: 'current' }

  mkdirSync(join(target, 'objects'), { recursive: true })
  const missing = objects.filter(({ object }) => force || !existsSync(object))
  await inParallel(
    missing.map(({ object, flags }) => async () => {
      const part = `${object}.${process.pid}.part`
      await run(compiler.command, [...flags.slice(0, -1), part])
      renameSync(part, object)
    }),
    Math.min(availableParallelism(), 8),
  )
  // linked beside and moved into place, so that a process that has the old one loaded keeps it
  const part = `${addon}.${process.pid}.part`
  await run(compiler.command, [...link, '-o', part, ...objects.map(({ object }) => object)])
  renameSync(part, addon)
  writeFileSync(stampFile, stamp)
  const wanted = new Set(objects.map(({ object }) => basename(object)))
  for (const file of readdirSync(join(target, 'objects'))) {
    if (!wanted.has(file) && !file.endsWith('.part')) rmSync(join(target, 'objects', file), { force: true })
  }
  return { addon, outcome: `built with ${compiler.command}, ${missing.length} of ${objects.length} files compiled` }
}

if (process.argv[1] && fileURLToPath(import.meta.url) === process.argv[1]) {
  const { values } = parseArgs({
    options: {
      require: { type: 'boolean', default: false },
      force: { type: 'boolean', default: false },
      platform: { type: 'string', default: process.platform },
      arch: { type: 'string', default: process.arch },
      sanitize: { type: 'string' },
    },
  })
  try {
    const { outcome } = await build(values)
    if (outcome !== 'current') console.log(`tensor-native: ${outcome}`)
  } catch (error) {
    console.log(`tensor-native: not built, the slower WebAssembly engine will be used. ${error.message}`)
    if (values.require) process.exitCode = 1
  }
}
