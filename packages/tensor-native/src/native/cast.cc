// Casts between all dtypes.
#include "half.h"
#include "simd.h"

namespace lemanic {
namespace LM_NS {
namespace {

template <class From, class To, class F>
LM_INLINE void convert(Call& call, F f) {
  const From* x = static_cast<const From*>(call.in[0].data);
  To* y = static_cast<To*>(call.out[0].data);
  parallel_blocks(call.engine, call.in[0].size, 16384, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) y[i] = f(x[i]);
  });
}

// Towards zero; saturates at the ends, NaN becomes 0.
LM_INLINE int32_t truncated(float x) {
  if (x != x) return 0;
  if (x >= 2147483648.0f) return INT32_MAX;
  if (x < -2147483648.0f) return INT32_MIN;
  return static_cast<int32_t>(x);
}

template <class From, class F>
LM_INLINE Status from_float(Call& call, F as_float) {
  switch (call.out[0].dtype) {
    case kFloat32:
      convert<From, float>(call, [=](From x) { return as_float(x); });
      return kOk;
    case kInt32:
      convert<From, int32_t>(call, [=](From x) { return truncated(as_float(x)); });
      return kOk;
    case kBool:
      convert<From, uint8_t>(call, [=](From x) { return static_cast<uint8_t>(as_float(x) != 0); });
      return kOk;
    case kBfloat16:
      convert<From, uint16_t>(call, [=](From x) { return to_bfloat16(as_float(x)); });
      return kOk;
    default:
      convert<From, uint16_t>(call, [=](From x) { return to_float16(as_float(x)); });
      return kOk;
  }
}

Status cast(Call& call) {
  const int32_t from = call.in[0].dtype, to = call.out[0].dtype;
  if (from == to) {
    const size_t width = from == kBool ? 1 : from >= kBfloat16 ? 2 : 4;
    memcpy(call.out[0].data, call.in[0].data, width * static_cast<size_t>(call.in[0].size));
    return kOk;
  }
  switch (from) {
    case kFloat32:
      return from_float<float>(call, [](float x) { return x; });
    case kInt32:
      if (to == kBool) {
        convert<int32_t, uint8_t>(call, [](int32_t x) { return static_cast<uint8_t>(x != 0); });
        return kOk;
      }
      return from_float<int32_t>(call, [](int32_t x) { return static_cast<float>(x); });
    case kBool:
      return from_float<uint8_t>(call, [](uint8_t x) { return x ? 1.0f : 0.0f; });
    case kBfloat16:
      return from_float<uint16_t>(call, [](uint16_t x) { return from_bfloat16(x); });
    default:
      return from_float<uint16_t>(call, [](uint16_t x) { return from_float16(x); });
  }
}

}  // namespace

void register_cast(Registry& registry) {
  registry.add("cast", cast);
}

}  // namespace LM_NS
}  // namespace lemanic
