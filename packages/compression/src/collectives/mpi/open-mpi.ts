import { LemanicError } from '@lemanic/tensor-core'

/** A C pointer. */
export type Pointer = bigint

/** What of koffi is used here: the caller of C functions that this package asks for only where MPI is asked for. */
interface Koffi {
  load(path: string, options?: { readonly global?: boolean }): Library
  alloc(type: string, length: number): Pointer
  free(pointer: Pointer): void
  view(pointer: Pointer, bytes: number): ArrayBuffer
}

interface Library {
  func(prototype: string): (...values: unknown[]) => number
  symbol(name: string): Pointer
}

/** Memory outside the JavaScript heap: it stays where it is while MPI reads and writes it. */
export interface NativeMemory {
  readonly pointer: Pointer
  readonly bytes: Uint8Array
  free(): void
}

const names = {
  linux: ['libmpi.so.40', 'libmpi.so'],
  darwin: ['libmpi.40.dylib', 'libmpi.dylib', '/opt/homebrew/lib/libmpi.dylib', '/usr/local/lib/libmpi.dylib'],
}

const libraryHelp =
  'Debian and Ubuntu: apt-get install openmpi-bin libopenmpi3 (libopenmpi3t64 where that is its name); macOS: brew install open-mpi; a cluster: module load openmpi; elsewhere: library: "/path/to/libmpi.so.40"'

/** The functions and handles of Open MPI that the collectives need. Its handles are addresses of global variables. */
export class OpenMpi {
  readonly #koffi: Koffi
  readonly #library: Library
  readonly #functions = new Map<string, (...values: unknown[]) => number>()
  readonly world: Pointer
  readonly byte: Pointer
  readonly float: Pointer
  readonly sum: Pointer

  private constructor(koffi: Koffi, library: Library) {
    this.#koffi = koffi
    this.#library = library
    this.world = library.symbol('ompi_mpi_comm_world')
    this.byte = library.symbol('ompi_mpi_byte')
    this.float = library.symbol('ompi_mpi_float')
    this.sum = library.symbol('ompi_mpi_op_sum')
  }

  /** Throws `mpi-missing`, with the line that installs what is missing. */
  static async load(path: string | undefined): Promise<OpenMpi> {
    const koffi = await importKoffi()
    const tried: string[] = []
    for (const name of path === undefined ? (names[process.platform as 'linux'] ?? names.linux) : [path]) {
      let library: Library
      try {
        // Global: Open MPI's own plug-ins look for its symbols.
        library = koffi.load(name, { global: true })
      } catch (error) {
        tried.push(`${name}: ${(error as Error).message}`)
        continue
      }
      try {
        return new OpenMpi(koffi, library)
      } catch (cause) {
        throw missing(`${name} is another MPI: it has no ompi_mpi_comm_world`, libraryHelp, cause)
      }
    }
    throw missing(`Open MPI's library does not load (${tried.join('; ')})`, libraryHelp)
  }

  allocate(bytes: number): NativeMemory {
    const pointer = this.#koffi.alloc('uint8_t', Math.max(bytes, 8))
    return {
      pointer,
      bytes: new Uint8Array(this.#koffi.view(pointer, Math.max(bytes, 8))),
      free: () => this.#koffi.free(pointer),
    }
  }

  /** Calls a function by its C prototype; throws `mpi-failed` when it does not return MPI_SUCCESS. */
  call(prototype: string, ...values: unknown[]): void {
    let run = this.#functions.get(prototype)
    if (run === undefined) {
      run = this.#library.func(prototype)
      this.#functions.set(prototype, run)
    }
    const code = run(...values)
    if (code === 0) return
    const name = /MPI_\w+/.exec(prototype)?.[0]
    throw new LemanicError('mpi-failed', `${name} failed: ${this.#explain(code)}`, { fields: { code, function: name } })
  }

  integer(prototype: string, ...values: unknown[]): number {
    const memory = this.allocate(8)
    try {
      this.call(prototype, ...values, memory.pointer)
      return new DataView(memory.bytes.buffer).getInt32(0, true)
    } finally {
      memory.free()
    }
  }

  /** Errors come back as codes, instead of ending the process. */
  returnErrors(): void {
    this.call(
      'int MPI_Comm_set_errhandler(void *comm, void *handler)',
      this.world,
      this.#library.symbol('ompi_mpi_errors_return'),
    )
  }

  #explain(code: number): string {
    const text = this.allocate(256)
    const length = this.allocate(8)
    try {
      this.#library.func('int MPI_Error_string(int code, void *text, void *length)')(code, text.pointer, length.pointer)
      const end = text.bytes.indexOf(0)
      return `${new TextDecoder().decode(text.bytes.slice(0, end < 0 ? 256 : end))} (code ${code})`
    } finally {
      text.free()
      length.free()
    }
  }
}

async function importKoffi(): Promise<Koffi> {
  const name = 'koffi'
  try {
    const module = (await import(/* @vite-ignore */ name)) as { default?: Koffi } & Koffi
    return module.default ?? module
  } catch (cause) {
    throw missing('the package koffi, which calls it, is not installed', 'npm install koffi@3', cause)
  }
}

function missing(message: string, help: string, cause?: unknown): LemanicError {
  return new LemanicError('mpi-missing', `joinWorld: Open MPI: ${message}`, { help, cause })
}
