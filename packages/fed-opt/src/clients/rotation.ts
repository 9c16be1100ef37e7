import { argumentError, checkWhole } from '../refuse.js'

/**
 * Rotates a square image [height, width] or [height, width, channels] by a number of quarter turns, counter-clockwise:
 * the "rotation" clients of Werner et al. (2023), whose cluster k sees everything turned by k · 90°.
 */
export function rotateImage(image: Float32Array, side: number, turns: number): Float32Array {
  checkWhole('rotateImage', 'side', side, 1)
  checkWhole('rotateImage', 'turns', turns, 0)
  const channels = image.length / (side * side)
  if (!Number.isInteger(channels))
    throw argumentError('rotateImage', `expected ${side} × ${side} pixels, got ${image.length} numbers`)
  let from = image
  for (let turn = 0; turn < turns % 4; turn++) {
    const to = new Float32Array(image.length)
    for (let row = 0; row < side; row++)
      for (let column = 0; column < side; column++)
        for (let c = 0; c < channels; c++)
          to[((side - 1 - column) * side + row) * channels + c] = from[(row * side + column) * channels + c]!
    from = to
  }
  return from
}

/** For `classificationClients({ transform })`: clients of cluster k see images turned by k quarter turns. */
export function rotations(
  labels: ArrayLike<number>,
  side: number,
): (image: Float32Array, client: number) => Float32Array {
  return (image, client) => rotateImage(image, side, labels[client]!)
}
