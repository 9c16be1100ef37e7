// Parallel loops with lambdas; part of each variant so that the bodies are compiled for its instruction set.
#pragma once
#include "engine.h"

namespace lemanic {
namespace LM_NS {
namespace {

template <class T>
struct Plain {
  using Type = T;
};
template <class T>
struct Plain<T&> {
  using Type = T;
};

// body(index, thread) for every index in [0, count).
template <class F>
LM_INLINE void parallel_for(Engine& engine, int64_t count, F&& body) {
  if (count <= 0) return;
  // one copy of the body, whether it runs here or on the threads
  const Body entry = [](void* raw, int64_t index, int thread) { (*static_cast<typename Plain<F>::Type*>(raw))(index, thread); };
  if (count == 1 || thread_count(engine) == 1) {
    for (int64_t i = 0; i < count; ++i) entry(const_cast<void*>(static_cast<const void*>(&body)), i, 0);
    return;
  }
  parallel(engine, count, entry, const_cast<void*>(static_cast<const void*>(&body)));
}

// body(begin, end) over [0, total) in blocks of `block`; the blocks do not depend on the number of threads.
template <class F>
LM_INLINE void parallel_blocks(Engine& engine, int64_t total, int64_t block, F&& body) {
  if (total <= 0) return;
  if (block < 1) block = 1;
  const int64_t count = (total + block - 1) / block;
  parallel_for(engine, count, [&](int64_t index, int) {
    const int64_t begin = index * block;
    const int64_t end = begin + block < total ? begin + block : total;
    body(begin, end);
  });
}

// f(tensor, begin, end, number of the block) over blocks of many tensors, all in one loop.
template <class F>
LM_INLINE Status parallel_tensors(Engine& engine, const Tensor* tensors, int count, int64_t block, F&& f) {
  const Temporary memory(engine, static_cast<size_t>(count + 1) * sizeof(int64_t));
  if (!memory.data) return fail(engine, kOutOfMemory, static_cast<double>(memory.bytes));
  int64_t* first = memory.as<int64_t>();  // block of every tensor, then the number of all
  first[0] = 0;
  for (int i = 0; i < count; ++i) first[i + 1] = first[i] + (tensors[i].size + block - 1) / block;
  const int64_t blocks = first[count];
  // neighbouring blocks together, as many of them as leave every thread enough to share
  const int64_t run = blocks / (int64_t{16} * thread_count(engine)) + 1;
  parallel_blocks(engine, blocks, run, [&](int64_t begin, int64_t end) {
    int low = 0, high = count;  // the last tensor that starts at or before `begin`
    while (high - low > 1) {
      const int middle = (low + high) / 2;
      (first[middle] <= begin ? low : high) = middle;
    }
    for (int64_t b = begin; b < end; ++b) {
      while (first[low + 1] <= b) ++low;
      const int64_t at = (b - first[low]) * block, size = tensors[low].size;
      f(low, at, at + block < size ? at + block : size, b);
    }
  });
  return kOk;
}

// Rows to hand out at a time when one row costs about `row_cost` elementary operations.
LM_INLINE int64_t row_block(int64_t row_cost) {
  const int64_t rows = 16384 / (row_cost < 1 ? 1 : row_cost);
  return rows < 1 ? 1 : rows;
}

}  // namespace
}  // namespace LM_NS
}  // namespace lemanic
