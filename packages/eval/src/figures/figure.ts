import { z } from 'zod'

// Figures are data: whatever a report draws can be drawn again from results.json alone.

const axisSchema = z.strictObject({
  label: z.string().describe('What is measured, with its unit, as printed on the axis.'),
  scale: z.enum(['linear', 'log']).default('linear'),
  domain: z
    .tuple([z.number(), z.number()])
    .optional()
    .describe('Limits of the axis; what lies outside is cut off. Default: all data.'),
})

const base = {
  id: z.string().regex(/^[a-z0-9-]+$/, 'expected lower-case letters, digits and hyphens'),
  title: z.string().min(1),
  caption: z.string().optional().describe('What to see in the figure, in a sentence or two.'),
}

const pointSchema = z.strictObject({
  x: z.number(),
  y: z.number(),
  low: z.number().optional().describe('Lower end of the spread or interval at x.'),
  high: z.number().optional().describe('Upper end of the spread or interval at x.'),
})

/** Curves over a common axis, each with an optional band around it. */
export const lineFigureSchema = z.strictObject({
  ...base,
  kind: z.literal('line'),
  x: axisSchema,
  y: axisSchema,
  band: z.string().optional().describe('What the band shows, for example: range over 8 seeds.'),
  series: z.array(z.strictObject({ name: z.string(), points: z.array(pointSchema).min(1) })).min(1),
})

/** One dot a seed for the difference of two arms, with the mean and its interval. */
export const pairedFigureSchema = z.strictObject({
  ...base,
  kind: z.literal('paired'),
  x: axisSchema.describe('The difference, with its unit.'),
  reference: z.number().default(0).describe('Where a line marks "no effect".'),
  margin: z
    .number()
    .nonnegative()
    .optional()
    .describe('Half-width of the band of practical equivalence around the reference.'),
  rows: z
    .array(
      z.strictObject({
        name: z.string(),
        values: z.array(z.number()).min(1),
        mean: z.number(),
        interval: z.tuple([z.number(), z.number()]).optional(),
      }),
    )
    .min(1),
})

/** One row a category: every seed as a small mark, the mean with its interval, and the paper's value where known. */
export const pointsFigureSchema = z.strictObject({
  ...base,
  kind: z.literal('points'),
  x: axisSchema,
  rows: z
    .array(
      z.strictObject({
        name: z.string(),
        values: z.array(z.number()),
        mean: z.number(),
        interval: z.tuple([z.number(), z.number()]).optional(),
        paper: z.number().optional().describe('The published value, in the same unit.'),
      }),
    )
    .min(1),
})

/** Rows and columns of numbers or words. */
export const tableFigureSchema = z.strictObject({
  ...base,
  kind: z.literal('table'),
  columns: z.array(z.strictObject({ title: z.string(), digits: z.number().int().min(0).max(12).optional() })).min(1),
  rows: z.array(z.array(z.union([z.string(), z.number(), z.null()]))),
})

/** A matrix as coloured cells; `null` marks a cell that was not measured. */
export const heatmapFigureSchema = z.strictObject({
  ...base,
  kind: z.literal('heatmap'),
  x: z.strictObject({ label: z.string(), values: z.array(z.string()).min(1) }),
  y: z.strictObject({ label: z.string(), values: z.array(z.string()).min(1) }),
  value: z.strictObject({ label: z.string(), digits: z.number().int().min(0).max(12).default(2) }),
  diverging: z
    .number()
    .optional()
    .describe('The middle of a diverging scale, for example 0; absent for a sequential one.'),
  cells: z.array(z.array(z.number().nullable())).describe('cells[row of y][column of x]'),
})

/**
 * Samples whose prediction moves as their modalities arrive. The reader picks a sample, a task and an order; every answer
 * is here, so that the page needs no server.
 */
export const trajectoriesFigureSchema = z.strictObject({
  ...base,
  kind: z.literal('trajectories'),
  modalities: z.array(z.string()).min(1).max(10).describe('At most ten: arrivals name them by one digit.'),
  tasks: z.array(z.string()).min(1).describe('Each a probability.'),
  samples: z
    .array(
      z.strictObject({
        name: z.string(),
        given: z
          .array(z.strictObject({ modality: z.number().int().nonnegative(), value: z.string() }))
          .describe('The modalities that the sample has, in words.'),
        outcomes: z.array(z.boolean().nullable()).describe('What came true of each task; null where unknown.'),
        predictions: z
          .record(z.string().regex(/^\d*$/), z.array(z.number().min(0).max(1)))
          .describe(
            'Probability of each task after each ordered selection of the modalities: "" before any, "20" after 2 and then 0.',
          ),
      }),
    )
    .min(1),
})

/** Every kind of figure that a report can draw. */
export const figureSchema = z.discriminatedUnion('kind', [
  lineFigureSchema,
  pairedFigureSchema,
  pointsFigureSchema,
  tableFigureSchema,
  heatmapFigureSchema,
  trajectoriesFigureSchema,
])

/** A figure as a study writes it; options with a default may be left out. */
export type Figure = z.input<typeof figureSchema>
export type LineFigure = z.input<typeof lineFigureSchema>
export type PairedFigure = z.input<typeof pairedFigureSchema>
export type PointsFigure = z.input<typeof pointsFigureSchema>
export type TableFigure = z.input<typeof tableFigureSchema>
export type HeatmapFigure = z.input<typeof heatmapFigureSchema>
export type TrajectoriesFigure = z.input<typeof trajectoriesFigureSchema>
