#pragma once
#include <stddef.h>
#include <stdint.h>

namespace lemanic {

// 64-byte aligned blocks in size classes (four to a power of two); freed blocks wait in their class.
class MemoryPool {
 public:
  ~MemoryPool();
  void* take(size_t bytes);
  void give(void* memory, size_t bytes);
  // Returns waiting blocks to the system.
  void trim();
  size_t cached() const { return cached_; }

 private:
  struct Block {
    Block* next;
  };
  static constexpr int kClasses = 256;
  static int class_of(size_t bytes);
  static size_t class_bytes(int size_class);
  Block* waiting_[kClasses] = {};
  size_t cached_ = 0;
};

void* aligned_memory(size_t bytes);
void release_memory(void* memory);

}  // namespace lemanic
