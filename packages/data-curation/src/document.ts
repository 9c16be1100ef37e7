/** A piece of text on its way through a pipeline. */
export interface Document {
  /** Says where the document comes from, and is unique within one source. */
  readonly id: string
  readonly text: string
  /** Whatever else the source knows: date, address, licence. Plain JSON. */
  readonly metadata: Readonly<Record<string, unknown>>
}

/**
 * Which part of the work a process does. All processes together do all of it, each document once; no process needs to
 * know of the others.
 */
export interface Share {
  /** 0 to `worldSize` − 1. Default 0. */
  readonly rank?: number
  /** Number of processes. Default 1. */
  readonly worldSize?: number
}
