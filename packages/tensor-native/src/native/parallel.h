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

// Rows to hand out at a time when one row costs about `row_cost` elementary operations.
LM_INLINE int64_t row_block(int64_t row_cost) {
  const int64_t rows = 16384 / (row_cost < 1 ? 1 : row_cost);
  return rows < 1 ? 1 : rows;
}

}  // namespace
}  // namespace LM_NS
}  // namespace lemanic
