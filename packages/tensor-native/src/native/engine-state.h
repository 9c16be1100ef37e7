// The engine's own state, for the files of the core: kernels see engine.h alone.
#pragma once
#include "engine.h"
#include "memory.h"
#include "thread-pool.h"
#include "variants.h"

namespace lemanic {

struct Buffer {
  void* data;
  size_t bytes;
};

constexpr int kScratchSlots = 8;
constexpr int kMaxOperands = 1 << 16;

struct Scratch {
  void* data;
  size_t bytes;
};

struct Plan;

struct Engine {
  MemoryPool memory;
  ThreadPool* pool = nullptr;
  const Variant* variant = nullptr;
  Scratch* scratch = nullptr;  // [threads][kScratchSlots]
  Buffer* buffers = nullptr;
  int32_t capacity = 0;
  Tensor* operands = nullptr;
  int32_t operand_capacity = 0;
  size_t limit = 0, live = 0, peak = 0, count = 0;
  double error[4] = {};
  // Recorded programs by number, and the memory that all of them use for what lives during a replay only.
  Plan** plans = nullptr;
  int32_t plan_capacity = 0;
  Buffer arena = {nullptr, 0};
};

inline size_t bytes_of(int32_t dtype) { return dtype == kBool ? 1 : dtype >= kBfloat16 ? 2 : 4; }
inline size_t bytes_of(const Tensor& tensor) { return static_cast<size_t>(tensor.size) * bytes_of(tensor.dtype); }

// Makes buffer `id`; counts it, and refuses where the limit would be passed.
Status allocate(Engine& engine, int32_t id, size_t bytes);
Status release(Engine& engine, int32_t id);
// Counts bytes that are about to live beside the buffers, within the limit.
Status reserve(Engine& engine, size_t bytes);
// Reads one operand; advances `at`. Returns false when the words are not one.
bool parse_operand(const int32_t*& at, const int32_t* end, Tensor& tensor, int32_t& id);
void discard_plans(Engine& engine);

}  // namespace lemanic
