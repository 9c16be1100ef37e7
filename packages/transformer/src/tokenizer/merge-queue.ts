/** One candidate of the trainer: a pair, its count when queued, and the words it was seen in. */
export interface MergeCandidate {
  left: number
  right: number
  pair: number
  count: number
  readonly words: number[]
}

/**
 * A priority queue of candidates: the highest count first, among equals the pair with the smaller left
 * id, then the smaller right id (the order of Hugging Face's BpeTrainer).
 */
export class MergeQueue {
  readonly #heap: MergeCandidate[] = []

  get size(): number {
    return this.#heap.length
  }

  push(candidate: MergeCandidate): void {
    const heap = this.#heap
    let index = heap.length
    heap.push(candidate)
    while (index > 0) {
      const parent = (index - 1) >> 1
      const above = heap[parent] as MergeCandidate
      if (!comesBefore(candidate, above)) break
      heap[index] = above
      index = parent
    }
    heap[index] = candidate
  }

  pop(): MergeCandidate | undefined {
    const heap = this.#heap
    const top = heap[0]
    const last = heap.pop()
    if (last === undefined || heap.length === 0) return top
    let index = 0
    for (;;) {
      let child = 2 * index + 1
      if (child >= heap.length) break
      if (child + 1 < heap.length && comesBefore(heap[child + 1] as MergeCandidate, heap[child] as MergeCandidate))
        child++
      const below = heap[child] as MergeCandidate
      if (!comesBefore(below, last)) break
      heap[index] = below
      index = child
    }
    heap[index] = last
    return top
  }
}

function comesBefore(left: MergeCandidate, right: MergeCandidate): boolean {
  if (left.count !== right.count) return left.count > right.count
  if (left.left !== right.left) return left.left < right.left
  return left.right < right.right
}
