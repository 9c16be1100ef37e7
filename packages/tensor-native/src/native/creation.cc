// Constants and ranges. This file is compiled without contraction: range's product and sum are rounded apart.
#include "half.h"
#include "simd.h"

namespace lemanic {
namespace LM_NS {
namespace {

template <class T>
LM_INLINE void fill(Call& call, T value) {
  T* y = static_cast<T*>(call.out[0].data);
  parallel_blocks(call.engine, call.out[0].size, 65536, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) y[i] = value;
  });
}

// attributes: value
Status full(Call& call) {
  const double value = call.number(0);
  switch (call.out[0].dtype) {
    case kFloat32:
      fill<float>(call, static_cast<float>(value));
      break;
    case kInt32:
      fill<int32_t>(call, value != value ? 0 : static_cast<int32_t>(static_cast<int64_t>(value)));
      break;
    case kBool:
      fill<uint8_t>(call, value != 0);
      break;
    case kBfloat16:
      fill<uint16_t>(call, to_bfloat16(static_cast<float>(value)));
      break;
    default:
      fill<uint16_t>(call, to_float16(static_cast<float>(value)));
  }
  return kOk;
}

// attributes: start, step
Status range(Call& call) {
  const double start = call.number(0), step = call.number(2);
  const int64_t n = call.out[0].size;
  if (call.out[0].dtype == kFloat32) {
    float* y = call.out[0].f32();
    for (int64_t i = 0; i < n; ++i) y[i] = static_cast<float>(start + static_cast<double>(i) * step);
    return kOk;
  }
  if (call.out[0].dtype == kInt32) {
    int32_t* y = call.out[0].i32();
    for (int64_t i = 0; i < n; ++i) {
      y[i] = static_cast<int32_t>(static_cast<int64_t>(start + static_cast<double>(i) * step));
    }
    return kOk;
  }
  return fail(call.engine, kUnsupported, 0, call.out[0].dtype);
}

}  // namespace

void register_creation(Registry& registry) {
  registry.add("full", full);
  registry.add("range", range);
}

}  // namespace LM_NS
}  // namespace lemanic
