#include "memory.h"

#include <stdlib.h>
#ifdef _WIN32
#include <malloc.h>
#elif defined(__linux__)
#include <sys/mman.h>
#endif

namespace lemanic {

constexpr size_t kAlignment = 64;
#if defined(__linux__)
constexpr size_t kHugePage = 2 << 20;
constexpr size_t kHugeFrom = 4 << 20;
#endif
constexpr int kSmallest = 6;  // blocks of 64 bytes and more

#ifdef __wasm__
// The C library of the WebAssembly builds knows no threads, and scratch memory grows inside parallel loops.
struct Lock {
  static inline int32_t taken = 0;
  Lock() {
    while (__atomic_exchange_n(&taken, 1, __ATOMIC_SEQ_CST)) {
    }
  }
  ~Lock() { __atomic_store_n(&taken, 0, __ATOMIC_SEQ_CST); }
};
#else
struct Lock {
  Lock() {}
};
#endif

#ifdef __wasm__
}  // namespace lemanic

// The C library's move four bytes at a time. The host's instruction costs a call, and then runs at the speed of memory.
#define LM_BULK extern "C" __attribute__((target("bulk-memory")))
constexpr size_t kBulk = 192;
typedef char Piece __attribute__((vector_size(16), aligned(1)));

LM_BULK void* memcpy(void* to, const void* from, size_t n) {
  if (n >= kBulk) return __builtin_memcpy(to, from, n);
  char* y = static_cast<char*>(to);
  const char* x = static_cast<const char*>(from);
  for (; n >= 16; n -= 16, x += 16, y += 16) *reinterpret_cast<Piece*>(y) = *reinterpret_cast<const Piece*>(x);
  for (; n > 0; --n) *y++ = *x++;
  return to;
}
LM_BULK void* memmove(void* to, const void* from, size_t n) { return __builtin_memmove(to, from, n); }
LM_BULK void* memset(void* to, int value, size_t n) {
  if (n >= kBulk) return __builtin_memset(to, value, n);
  char* y = static_cast<char*>(to);
  const char c = static_cast<char>(value);
  const Piece piece = {c, c, c, c, c, c, c, c, c, c, c, c, c, c, c, c};
  for (; n >= 16; n -= 16, y += 16) *reinterpret_cast<Piece*>(y) = piece;
  for (; n > 0; --n) *y++ = c;
  return to;
}

namespace lemanic {
#endif

void* aligned_memory(size_t bytes) {
#ifdef _WIN32
  return _aligned_malloc(bytes, kAlignment);
#else
  const Lock lock;
#if defined(__linux__)
  if (bytes >= kHugeFrom) {
    // in pages of 2 MiB where the system grants them: a training step walks through more memory than the processor can
    // keep track of in pages of 4 KiB
    void* memory = aligned_alloc(kHugePage, (bytes + kHugePage - 1) / kHugePage * kHugePage);
    if (memory) madvise(memory, bytes / kHugePage * kHugePage, MADV_HUGEPAGE);
    return memory;
  }
#endif
  return aligned_alloc(kAlignment, (bytes + kAlignment - 1) / kAlignment * kAlignment);
#endif
}

void release_memory(void* memory) {
#ifdef _WIN32
  _aligned_free(memory);
#else
  const Lock lock;
  free(memory);
#endif
}

int MemoryPool::class_of(size_t bytes) {
  if (bytes <= kAlignment) return 0;
  const int top = 63 - __builtin_clzll(static_cast<unsigned long long>(bytes - 1));  // 2^top < bytes ≤ 2^(top+1)
  const size_t base = static_cast<size_t>(1) << top;
  const int quarter = static_cast<int>((bytes - 1 - base) / (base / 4));
  return 1 + (top - kSmallest) * 4 + quarter;
}

size_t MemoryPool::class_bytes(int size_class) {
  if (size_class == 0) return kAlignment;
  const int top = kSmallest + (size_class - 1) / 4;
  const size_t base = static_cast<size_t>(1) << top;
  return base + base / 4 * static_cast<size_t>((size_class - 1) % 4 + 1);
}

MemoryPool::Block* MemoryPool::cut_from_slab(int size_class) {
  const size_t bytes = (class_bytes(size_class) + kAlignment - 1) / kAlignment * kAlignment;
  char*& next = fresh_[size_class];
  if (!next || next + bytes > fresh_end_[size_class]) {
    char* slab = static_cast<char*>(aligned_memory(kSlab));
    if (!slab) return nullptr;
    Block* link = reinterpret_cast<Block*>(slab);
    link->next = slabs_;
    slabs_ = link;
    next = slab + kAlignment;
    fresh_end_[size_class] = slab + kSlab;
  }
  Block* block = reinterpret_cast<Block*>(next);
  next += bytes;
  return block;
}

void* MemoryPool::take(size_t bytes) {
  const int size_class = class_of(bytes);
  taken_ += class_bytes(size_class);
  if (Block* block = waiting_[size_class]) {
    waiting_[size_class] = block->next;
    if (--count_[size_class] < least_[size_class]) least_[size_class] = count_[size_class];
    counter(size_class) -= class_bytes(size_class);
    return block;
  }
  if (size_class < kSmallClasses) return cut_from_slab(size_class);
  void* memory = aligned_memory(class_bytes(size_class));
  if (!memory && cached_ > 0) {
    trim();
    memory = aligned_memory(class_bytes(size_class));
  }
  return memory;
}

void MemoryPool::give(void* memory, size_t bytes) {
  const int size_class = class_of(bytes);
  Block* block = static_cast<Block*>(memory);
  block->next = waiting_[size_class];
  waiting_[size_class] = block;
  ++count_[size_class];
  counter(size_class) += class_bytes(size_class);
}

void MemoryPool::trim() {
  for (int size_class = kSmallClasses; size_class < kClasses; ++size_class) release(size_class, count_[size_class]);
}

void MemoryPool::trim_idle(size_t period) {
  if (taken_ < period) return;
  taken_ = 0;
  for (int size_class = kSmallClasses; size_class < kClasses; ++size_class) {
    release(size_class, least_[size_class]);
    least_[size_class] = count_[size_class];
  }
}

void MemoryPool::release(int size_class, uint32_t count) {
  Block*& head = waiting_[size_class];
  for (; count > 0; --count) {
    Block* next = head->next;
    release_memory(head);
    head = next;
    --count_[size_class];
    cached_ -= class_bytes(size_class);
  }
  if (count_[size_class] < least_[size_class]) least_[size_class] = count_[size_class];
}

MemoryPool::~MemoryPool() {
  trim();
  while (slabs_) {
    Block* next = slabs_->next;
    release_memory(slabs_);
    slabs_ = next;
  }
}

}  // namespace lemanic
