/** One file of a data set. */
export interface DataSetFile {
  /** Path inside the unpacked package, also below the cache and in a folder of the user. */
  readonly path: string
  readonly bytes: number
  /** SHA-256 as hex; where the whole archive is pinned it may be left out. */
  readonly sha256?: string
}

/** Where a data set comes from, pinned to one version and its content. */
export type DataSetSource =
  | {
      readonly kind: 'npm'
      readonly package: string
      readonly version: string
      /** `sha512-…` of the tarball, as the registry states it. */
      readonly integrity: string
    }
  | {
      readonly kind: 'apt'
      readonly package: string
      readonly version: string
      /** Folder inside the package that the files lie in. */
      readonly folder: string
    }

/** An entry of the manifest. */
export interface DataSetEntry {
  /** The name it is fetched by. */
  readonly name: string
  /** What it holds, in a line. */
  readonly title: string
  /** Terms of the data, as far as they are stated. */
  readonly licence: string
  readonly url: string
  readonly source: DataSetSource
  /** The files it is used for; the others of the package are not kept. */
  readonly files: readonly DataSetFile[]
  /** For packages of many files: every path that matches is kept too; `count` of them are expected. */
  readonly pattern?: { readonly expression: RegExp; readonly count: number; readonly bytes: number }
}

/** Bytes of all kept files of an entry. */
export function bytesOf(entry: DataSetEntry): number {
  return entry.files.reduce((sum, { bytes }) => sum + bytes, entry.pattern?.bytes ?? 0)
}

/** Number of kept files of an entry. */
export function fileCountOf(entry: DataSetEntry): number {
  return entry.files.length + (entry.pattern?.count ?? 0)
}
