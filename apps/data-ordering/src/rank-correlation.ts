/** Spearman's rank correlation of two lists; equal values share the mean of their ranks. */
export function rankCorrelation(left: readonly number[], right: readonly number[]): number {
  const [x, y] = [ranks(left), ranks(right)]
  const middle = (left.length - 1) / 2
  let [product, squareX, squareY] = [0, 0, 0]
  for (let at = 0; at < x.length; at++) {
    product += (x[at]! - middle) * (y[at]! - middle)
    squareX += (x[at]! - middle) ** 2
    squareY += (y[at]! - middle) ** 2
  }
  return product / Math.sqrt(squareX * squareY)
}

function ranks(values: readonly number[]): number[] {
  return values.map((value) => {
    const below = values.filter((other) => other < value).length
    const equal = values.filter((other) => other === value).length
    return below + (equal - 1) / 2
  })
}
