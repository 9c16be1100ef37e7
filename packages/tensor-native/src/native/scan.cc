// argMax, argMin and the cumulative sum along one axis.
#include "simd.h"

namespace lemanic {
namespace LM_NS {
namespace {

struct AxisWalk {
  int64_t outer, n, inner;
  LM_INLINE AxisWalk(const Tensor& x, int axis)
      : outer(x.product(0, axis)), n(x.dims[axis]), inner(x.product(axis + 1, x.rank)) {}
};

// The first best; for floats NaN is best of all.
template <class T, bool Largest>
LM_INLINE Status arg_of(Call& call, int axis) {
  const AxisWalk walk(call.in[0], axis);
  const T* x = static_cast<const T*>(call.in[0].data);
  int32_t* y = call.out[0].i32();
  parallel_blocks(call.engine, walk.outer * walk.inner, row_block(walk.n), [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const T* from = x + i / walk.inner * walk.n * walk.inner + i % walk.inner;
      T best = from[0];
      int64_t at = 0;
      for (int64_t k = 1; k < walk.n && best == best; ++k) {
        const T value = from[k * walk.inner];
        if ((Largest ? value > best : value < best) || value != value) {
          best = value;
          at = k;
        }
      }
      y[i] = static_cast<int32_t>(at);
    }
  });
  return kOk;
}

// attributes: axis
template <bool Largest>
Status arg(Call& call) {
  const Tensor& x = call.in[0];
  const int axis = call.word(0);
  if (axis < 0 || axis >= x.rank || x.dims[axis] < 1) return fail(call.engine, kBadCommand, 0);
  switch (x.dtype) {
    case kFloat32:
      return arg_of<float, Largest>(call, axis);
    case kInt32:
      return arg_of<int32_t, Largest>(call, axis);
    case kBool:
      return arg_of<uint8_t, Largest>(call, axis);
    default:
      return fail(call.engine, kUnsupported, 0, x.dtype);
  }
}

// Float sums run in float64 and are rounded at each element.
template <class T, class Wide>
LM_INLINE Status cumulate(Call& call, int axis, bool exclusive, bool reverse) {
  const AxisWalk walk(call.in[0], axis);
  const T* x = static_cast<const T*>(call.in[0].data);
  T* y = static_cast<T*>(call.out[0].data);
  parallel_blocks(call.engine, walk.outer * walk.inner, row_block(walk.n), [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const int64_t base = i / walk.inner * walk.n * walk.inner + i % walk.inner;
      Wide total = 0;
      for (int64_t k = 0; k < walk.n; ++k) {
        const int64_t at = base + (reverse ? walk.n - 1 - k : k) * walk.inner;
        if (exclusive) y[at] = static_cast<T>(total);
        total += static_cast<Wide>(x[at]);
        if (!exclusive) y[at] = static_cast<T>(total);
      }
    }
  });
  return kOk;
}

// attributes: axis, exclusive, reverse
Status cumulative_sum(Call& call) {
  const Tensor& x = call.in[0];
  const int axis = call.word(0);
  if (axis < 0 || axis >= x.rank) return fail(call.engine, kBadCommand, 0);
  if (x.dtype == kFloat32) return cumulate<float, double>(call, axis, call.word(1) != 0, call.word(2) != 0);
  if (x.dtype == kInt32) return cumulate<uint32_t, uint32_t>(call, axis, call.word(1) != 0, call.word(2) != 0);
  return fail(call.engine, kUnsupported, 0, x.dtype);
}

}  // namespace

void register_scan(Registry& registry) {
  registry.add("argMax", arg<true>);
  registry.add("argMin", arg<false>);
  registry.add("cumulativeSum", cumulative_sum);
}

}  // namespace LM_NS
}  // namespace lemanic
