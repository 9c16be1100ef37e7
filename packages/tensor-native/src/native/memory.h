#pragma once
#include <stddef.h>
#include <stdint.h>

namespace lemanic {

// 64-byte aligned blocks in size classes (four to a power of two); freed blocks wait in their class. Small blocks are cut
// from slabs, because the system's allocator more than doubles them; slabs live as long as the pool.
class MemoryPool {
 public:
  ~MemoryPool();
  void* take(size_t bytes);
  void give(void* memory, size_t bytes);
  // Returns waiting blocks to the system, but for small ones.
  void trim();
  // Returns those among them that waited all the time while `period` bytes were taken. A program that repeats its steps
  // keeps what a step needs; nothing happens before the period is over.
  void trim_idle(size_t period);
  // Bytes of waiting blocks: all, and those that `trim` would return.
  size_t cached() const { return small_cached_ + cached_; }
  size_t trimmable() const { return cached_; }

 private:
  struct Block {
    Block* next;
  };
  static constexpr int kClasses = 256;
  static constexpr size_t kSlab = 64 * 1024;
  static constexpr int kSmallClasses = 17;  // up to 1024 bytes
  Block* cut_from_slab(int size_class);
  static int class_of(size_t bytes);
  static size_t class_bytes(int size_class);
  Block* waiting_[kClasses] = {};
  Block* slabs_ = nullptr;                // each begins with a link to the one before
  char* fresh_[kSmallClasses] = {};       // next uncut block of a class
  char* fresh_end_[kSmallClasses] = {};
  size_t& counter(int size_class) { return size_class < kSmallClasses ? small_cached_ : cached_; }
  void release(int size_class, uint32_t count);
  size_t small_cached_ = 0;
  size_t cached_ = 0;
  size_t taken_ = 0;               // bytes since the last trim_idle
  uint32_t count_[kClasses] = {};  // waiting blocks
  uint32_t least_[kClasses] = {};  // the fewest since the last trim_idle
};

void* aligned_memory(size_t bytes);
void release_memory(void* memory);

}  // namespace lemanic
