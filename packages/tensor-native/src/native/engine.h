// The engine's core: buffers, pooled memory, the command loop and what a kernel may use of them.
// Kernels are compiled once per instruction set (LM_NS is the namespace of the variant); this header holds only
// declarations and trivially inlined accessors, so that no code of a variant leaks into another.
#pragma once
#include <stddef.h>
#include <stdint.h>

#define LM_INLINE __attribute__((always_inline)) inline

namespace lemanic {

enum DType : int32_t { kFloat32 = 0, kInt32 = 1, kBool = 2, kBfloat16 = 3, kFloat16 = 4 };

enum Status : int32_t {
  kOk = 0,
  kOutOfMemory = 1,       // detail: bytes asked
  kMemoryLimit = 2,       // detail: bytes asked, live bytes, limit
  kBadCommand = 3,        // detail: word position
  kUnknownBuffer = 4,     // detail: id
  kBufferInUse = 5,       // detail: id
  kSizeMismatch = 6,      // detail: id, expected bytes, actual bytes
  kIndexOutOfRange = 7,   // detail: index, size of the axis, position in the index tensor
  kUnsupported = 8,       // detail: operand number, dtype
};

constexpr int kMaxRank = 8;

struct Tensor {
  void* data;
  int64_t size;  // elements
  int32_t dtype;
  int32_t rank;
  int32_t dims[kMaxRank];

  LM_INLINE float* f32() const { return static_cast<float*>(data); }
  LM_INLINE int32_t* i32() const { return static_cast<int32_t*>(data); }
  LM_INLINE uint8_t* u8() const { return static_cast<uint8_t*>(data); }
  LM_INLINE uint16_t* u16() const { return static_cast<uint16_t*>(data); }
  LM_INLINE int32_t dim(int axis) const { return dims[axis < 0 ? rank + axis : axis]; }
  // Product of the dimensions [begin, end).
  LM_INLINE int64_t product(int begin, int end) const {
    int64_t result = 1;
    for (int i = begin; i < end; ++i) result *= dims[i];
    return result;
  }
};

struct Engine;

// One command as a kernel sees it.
struct Call {
  Engine& engine;
  const Tensor* in;
  int inputs;
  Tensor* out;
  int outputs;
  const int32_t* attributes;
  int attribute_words;

  LM_INLINE int32_t word(int at) const { return attributes[at]; }
  // Floating-point attributes are float64 in two words.
  LM_INLINE double number(int at) const {
    double value;
    __builtin_memcpy(&value, attributes + at, sizeof value);
    return value;
  }
};

using Kernel = Status (*)(Call&);

// Kernels by name, in a fixed order: the position is the operation code.
struct Registry {
  void add(const char* name, Kernel kernel);
  const char* const* names() const { return names_; }
  int count() const { return count_; }
  Kernel kernel(int code) const { return kernels_[code]; }

 private:
  static constexpr int kCapacity = 192;
  const char* names_[kCapacity] = {};
  Kernel kernels_[kCapacity] = {};
  int count_ = 0;
};

// Reports why a kernel refuses; returns the status so that it can be returned on.
Status fail(Engine& engine, Status status, double a = 0, double b = 0, double c = 0);

int thread_count(const Engine& engine);
// Private memory of one participant of a parallel loop; valid until its next `scratch` call of the same slot.
void* scratch(Engine& engine, int thread, int slot, size_t bytes);
// Memory of a kernel that all threads see; nullptr when there is none left.
void* take(Engine& engine, size_t bytes);
void give(Engine& engine, void* memory, size_t bytes);

using Body = void (*)(void* context, int64_t index, int thread);
// Runs body for every index in [0, count) on the threads of the engine, in any order.
void parallel(Engine& engine, int64_t count, Body body, void* context);

// Temporary memory that goes back at the end of the block.
struct Temporary {
  Engine& engine;
  size_t bytes;
  void* data;
  LM_INLINE Temporary(Engine& owner, size_t size) : engine(owner), bytes(size), data(take(owner, size)) {}
  LM_INLINE ~Temporary() {
    if (data) give(engine, data, bytes);
  }
  Temporary(const Temporary&) = delete;
  Temporary& operator=(const Temporary&) = delete;
  template <class T>
  LM_INLINE T* as() const {
    return static_cast<T*>(data);
  }
};

}  // namespace lemanic
