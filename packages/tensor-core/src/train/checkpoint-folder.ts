import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdir, readdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { argumentError, LemanicError } from '../errors.js'
import { loadSafetensors, saveSafetensors, synchroniseFolder, writeFileAtomically } from '../safetensors/node-files.js'
import type { HostTensor } from '../safetensors/reader.js'
import type { Json } from '../params/state.js'
import type { Checkpoint, CheckpointStore, HostTensors, RefusedCheckpoint } from './checkpoint.js'

const format = 1
const stateNames = ['optimizer', 'sampler', 'reducer'] as const
const files = ['parameters.safetensors', 'state.safetensors'] as const

interface FileFacts {
  readonly bytes: number
  readonly sha256: string
}

/** What `checkpoint.json` holds. */
interface Manifest {
  readonly format: number
  readonly step: number
  readonly key: readonly [number, number]
  readonly states: Readonly<Record<(typeof stateNames)[number], Json>>
  readonly files: Readonly<Record<(typeof files)[number], FileFacts>>
}

export interface CheckpointFolderOptions {
  /**
   * How many checkpoints stay; older ones, and those of later steps (a training started anew), are deleted after a new
   * one is complete. Default 2.
   */
  readonly keep?: number
}

/**
 * Checkpoints as folders `step-00000120` inside a folder: `parameters.safetensors` (which any safetensors reader
 * opens), `state.safetensors` (optimizer, sampler, reducer) and `checkpoint.json` with sizes and SHA-256 of both.
 *
 * A checkpoint is written beside the others under a temporary name, synchronised to the disk and renamed, so that a
 * crash never leaves a half one. Loading checks sizes and digests; a damaged checkpoint is refused with a message and
 * the one before is used; when none is good, `checkpoint-damaged` is thrown.
 */
export function checkpointFolder(path: string, options: CheckpointFolderOptions = {}): CheckpointStore {
  const { keep = 2 } = options
  if (!Number.isInteger(keep) || keep < 1)
    throw argumentError('checkpointFolder', `keep: expected a whole number ≥ 1, got ${keep}`)
  return {
    async save(checkpoint) {
      const name = `step-${String(checkpoint.step).padStart(8, '0')}`
      const target = join(path, name)
      const temporary = join(path, `.${name}.${process.pid}.tmp`)
      const replaced = join(path, `.${name}.${process.pid}.old`)
      await mkdir(path, { recursive: true })
      await rm(temporary, { recursive: true, force: true })
      try {
        await writeCheckpoint(temporary, checkpoint)
        await rename(target, replaced).catch(ignoreMissing)
        await rename(temporary, target)
        await synchroniseFolder(path)
      } catch (error) {
        await rm(temporary, { recursive: true, force: true })
        throw error
      }
      await rm(replaced, { recursive: true, force: true })
      const others = (await listCheckpoints(path)).filter((other) => other !== name)
      const later = others.filter((other) => stepOf(other) > checkpoint.step) // of a training that was started anew
      const earlier = others.filter((other) => stepOf(other) < checkpoint.step)
      for (const old of [...later, ...earlier.slice(keep - 1)])
        await rm(join(path, old), { recursive: true, force: true })
      return target
    },
    async load(atMost = Infinity) {
      const refused: RefusedCheckpoint[] = []
      for (const name of await listCheckpoints(path)) {
        if (stepOf(name) > atMost) continue
        const candidate = join(path, name)
        try {
          return { loaded: { checkpoint: await readCheckpoint(candidate), path: candidate }, refused }
        } catch (error) {
          refused.push({ path: candidate, message: (error as Error).message })
        }
      }
      if (refused.length === 0) return { loaded: undefined, refused }
      throw new LemanicError(
        'checkpoint-damaged',
        [`${path}: no checkpoint can be used`, ...refused.map(({ message }) => message)].join('\n  '),
        {
          fields: { path, refused },
          help: 'bring a good copy back, or pass { resume: false } to start anew',
        },
      )
    },
  }
}

/** Names of checkpoint folders, newest first. */
async function listCheckpoints(path: string): Promise<string[]> {
  const names = await readdir(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [] as string[]
    throw new LemanicError('file-not-readable', `${path}: cannot be listed (${error.message})`, {
      fields: { path },
      cause: error,
    })
  })
  return names.filter((name) => /^step-\d{8,}$/.test(name)).sort((a, b) => stepOf(b) - stepOf(a))
}

function stepOf(name: string): number {
  return Number(name.slice('step-'.length))
}

function ignoreMissing(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ENOENT') throw error
}

async function writeCheckpoint(folder: string, { step, key, params, states }: Checkpoint): Promise<void> {
  await mkdir(folder)
  const stateTensors: Record<string, HostTensor> = {}
  for (const state of stateNames) {
    for (const [name, value] of Object.entries(states[state].tensors)) stateTensors[`${state}.${name}`] = value
  }
  await saveSafetensors(join(folder, files[0]), params)
  await saveSafetensors(join(folder, files[1]), stateTensors)
  const manifest: Manifest = {
    format,
    step,
    key,
    states: { optimizer: states.optimizer.json, sampler: states.sampler.json, reducer: states.reducer.json },
    files: {
      [files[0]]: await factsOf(join(folder, files[0])),
      [files[1]]: await factsOf(join(folder, files[1])),
    } as Manifest['files'],
  }
  await writeFileAtomically(join(folder, 'checkpoint.json'), `${JSON.stringify(manifest, null, 1)}\n`)
}

async function factsOf(file: string): Promise<FileFacts> {
  const hash = createHash('sha256')
  for await (const piece of createReadStream(file)) hash.update(piece as Buffer)
  return { bytes: (await stat(file)).size, sha256: hash.digest('hex') }
}

async function readCheckpoint(folder: string): Promise<Checkpoint> {
  const manifest = await readManifest(join(folder, 'checkpoint.json'))
  for (const file of files) {
    const path = join(folder, file)
    const expected = manifest.files[file]
    const { size } = await stat(path).catch((cause: Error) => {
      throw damaged(path, `the file is missing (${cause.message})`)
    })
    if (size !== expected.bytes)
      throw damaged(path, `expected ${expected.bytes} bytes, got ${size}${size < expected.bytes ? ' (truncated)' : ''}`)
    if ((await factsOf(path)).sha256 !== expected.sha256)
      throw damaged(path, 'its content changed after it was saved (SHA-256 differs)')
  }
  const { tensors: params } = await loadSafetensors(join(folder, files[0]))
  const { tensors: all } = await loadSafetensors(join(folder, files[1]))
  const part = (state: (typeof stateNames)[number]): { json: Json; tensors: HostTensors } => ({
    json: manifest.states[state],
    tensors: Object.fromEntries(
      Object.entries(all).flatMap(([name, value]) =>
        name.startsWith(`${state}.`) ? [[name.slice(state.length + 1), value]] : [],
      ),
    ) as HostTensors,
  })
  const { step, key } = manifest
  return {
    step,
    key,
    params,
    states: { optimizer: part('optimizer'), sampler: part('sampler'), reducer: part('reducer') },
  }
}

async function readManifest(path: string): Promise<Manifest> {
  let value: Partial<Manifest> | null
  try {
    value = JSON.parse(await readFile(path, 'utf8')) as typeof value
  } catch (cause) {
    throw damaged(path, `expected JSON (${(cause as Error).message})`)
  }
  if (value?.format !== format) throw damaged(path, `expected format ${format}, got ${JSON.stringify(value?.format)}`)
  const hasFiles = files.every(
    (file) => typeof value.files?.[file]?.bytes === 'number' && typeof value.files[file].sha256 === 'string',
  )
  const hasStates = stateNames.every((state) => value.states?.[state] !== undefined)
  if (!Number.isInteger(value.step) || !Array.isArray(value.key) || !hasFiles || !hasStates) {
    throw damaged(path, 'expected step, key, states and files')
  }
  return value as Manifest
}

function damaged(path: string, message: string): LemanicError {
  return new LemanicError('checkpoint-damaged', `${path}: ${message}`, { fields: { path } })
}
