import type { ModalityData } from '../data/multimodal-data.js'
import { invalid } from '../names.js'

export interface Images {
  readonly count: number
  readonly height: number
  readonly width: number
  /** Default 1. */
  readonly channels?: number
  /** Bytes 0 to 255, or floats: [count, height, width, channels], row-major. */
  readonly pixels: Uint8Array | Float32Array
}

/**
 * Pictures as modalities: one, or the parts of a grid, each a modality of its own (`rows: 2, columns: 2` gives quadrants
 * `part 0 0`, `part 0 1`, `part 1 0`, `part 1 1`). Bytes become −1 … 1 around grey; floats stay. Everything is present.
 *
 * @param options.rows, options.columns Parts; divisors of height and width. Default 1.
 */
export function imageModalities(
  images: Images,
  options: { readonly rows?: number; readonly columns?: number } = {},
): Record<string, ModalityData> {
  const { count, height, width, channels = 1, pixels } = images
  const { rows = 1, columns = 1 } = options
  if (pixels.length !== count * height * width * channels)
    throw invalid('imageModalities', `pixels: expected ${count * height * width * channels}, got ${pixels.length}`)
  if (height % rows !== 0 || width % columns !== 0)
    throw invalid(
      'imageModalities',
      `expected rows and columns that divide ${height} × ${width}, got ${rows} × ${columns}`,
    )
  const [tall, wide] = [height / rows, width / columns]
  const scaled = (value: number): number => (pixels instanceof Uint8Array ? value / 127.5 - 1 : value)
  const found: Record<string, ModalityData> = {}
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const values = new Float32Array(count * tall * wide * channels)
      let at = 0
      for (let image = 0; image < count; image++) {
        for (let y = row * tall; y < (row + 1) * tall; y++) {
          const from = ((image * height + y) * width + column * wide) * channels
          for (let x = 0; x < wide * channels; x++) values[at++] = scaled(pixels[from + x])
        }
      }
      found[rows * columns === 1 ? 'image' : `part ${row} ${column}`] = {
        shape: [tall, wide, channels],
        values,
        present: new Uint8Array(count).fill(1),
      }
    }
  }
  return found
}
