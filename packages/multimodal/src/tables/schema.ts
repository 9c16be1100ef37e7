/** What a column holds: a number; a number over several powers of ten, taken as log(1 + |x|) with its sign; a category. */
export type ColumnType = 'number' | 'log-number' | 'category'

/** What a task's labels are in a table. A missing cell is an unknown label. */
export type TargetSchema =
  /** 1 where the cell equals `positive` (default 1; compared as text), 0 elsewhere. */
  | { readonly kind: 'binary'; readonly column: string; readonly positive?: string | number }
  /** `classes` as texts; default all that occur, sorted. */
  | { readonly kind: 'multi-class'; readonly column: string; readonly classes?: readonly (string | number)[] }
  /** One 0-or-1 column for each label. */
  | { readonly kind: 'multi-label'; readonly columns: readonly string[] }
  /** Standardised on the rows that the table was fitted on. */
  | { readonly kind: 'regression'; readonly column: string }
  /** Time to an event or to the last sight, and whether it was the event (1); intervals end at `ends`, ascending. */
  | { readonly kind: 'survival'; readonly time: string; readonly event: string; readonly ends: readonly number[] }

/** How a table is split into modalities and tasks. */
export interface TableSchema {
  /** Columns of each modality with their types. */
  readonly modalities: Readonly<Record<string, Readonly<Record<string, ColumnType>>>>
  readonly targets: Readonly<Record<string, TargetSchema>>
  /** Column that says whose row it is (a patient, a school): a group never crosses folds. Default: every row its own. */
  readonly group?: string
  /**
   * When a row lacks a modality: when all its cells are missing, the default, or when any is. Under `all` single missing
   * cells become the mean (categories: none of them), and columns that have such cells get a further one that marks them.
   */
  readonly missing?: 'all' | 'any'
}
