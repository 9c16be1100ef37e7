/** How many times as fast as PyTorch eager the native engine means to be; products on two cores from 256 up. */
export function targetOf(bench: string): number | undefined {
  if (bench.startsWith('peak memory')) return bench.includes('12.3 M') ? 1 : undefined
  if (bench.includes('12.3 M')) return 1.2
  if (bench.includes('0.94 M') || /\bCNN\b/.test(bench)) return 1.5
  if (bench.includes('0.12 M')) return 2
  if (bench.startsWith('federated') && !bench.includes('stacked')) return undefined
  if (/\bMLP 784-200-10\b|\bLSTM\b/.test(bench)) return 3
  if (/\bMultiModN\b/.test(bench)) return 5
  const product = /^matmul (\d+)×(\d+)ᵀ? · (\d+)×(\d+)ᵀ?$/.exec(bench)
  if (product === null) return undefined
  const [m, k, , n] = product.slice(1).map(Number) as [number, number, number, number]
  return m === k && k === n && m < 256 ? undefined : 1
}
