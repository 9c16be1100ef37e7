// Reductions. The axes are taken one group at a time, each as [outer, reduced, inner]; partial results are formed over
// fixed blocks and joined in order, so that the number of threads does not show in the result.
#include "simd.h"

namespace lemanic {
namespace LM_NS {
namespace {

constexpr int kAccumulators = 16;
constexpr int64_t kRunBlock = 4096;
constexpr int64_t kRowBlock = 256;

template <class T>
struct Sum {
  using Wide = T;
  static constexpr T first = 0;
  static LM_INLINE T join(T a, T b) { return a + b; }
};
template <>
struct Sum<float> {
  using Wide = double;
  static constexpr float first = 0;
  static LM_INLINE float join(float a, float b) { return a + b; }
};
template <>
struct Sum<int32_t> {
  using Wide = int32_t;
  static constexpr int32_t first = 0;
  static LM_INLINE int32_t join(int32_t a, int32_t b) {
    return static_cast<int32_t>(static_cast<uint32_t>(a) + static_cast<uint32_t>(b));
  }
};
template <class T>
struct Product {
  using Wide = T;
  static constexpr T first = 1;
  static LM_INLINE T join(T a, T b) { return a * b; }
};
template <>
struct Product<int32_t> {
  using Wide = int32_t;
  static constexpr int32_t first = 1;
  static LM_INLINE int32_t join(int32_t a, int32_t b) {
    return static_cast<int32_t>(static_cast<uint32_t>(a) * static_cast<uint32_t>(b));
  }
};
template <class T>
struct Limits;
template <>
struct Limits<float> {
  static constexpr float low = -INFINITY, high = INFINITY;
};
template <>
struct Limits<int32_t> {
  static constexpr int32_t low = INT32_MIN, high = INT32_MAX;
};
template <>
struct Limits<uint8_t> {
  static constexpr uint8_t low = 0, high = 1;
};
template <class T>
struct Max {
  using Wide = T;
  static constexpr T first = Limits<T>::low;
  static LM_INLINE T join(T a, T b) { return (a > b || a != a) ? a : b; }
};
template <class T>
struct Min {
  using Wide = T;
  static constexpr T first = Limits<T>::high;
  static LM_INLINE T join(T a, T b) { return (a < b || a != a) ? a : b; }
};

// Joins in the wide type (float64 for float32 sums).
template <class T, class Op>
LM_INLINE typename Op::Wide join_wide(typename Op::Wide a, T b) {
  if constexpr (__is_same(typename Op::Wide, T)) {
    return Op::join(a, b);
  } else {
    return a + static_cast<typename Op::Wide>(b);
  }
}

template <class T, class Op>
__attribute__((noinline)) T run_block(const T* x, int64_t n) {
  T lanes[kAccumulators];
  for (int l = 0; l < kAccumulators; ++l) lanes[l] = Op::first;
  int64_t i = 0;
  for (; i + kAccumulators <= n; i += kAccumulators) {
#pragma GCC unroll 16
    for (int l = 0; l < kAccumulators; ++l) lanes[l] = Op::join(lanes[l], x[i + l]);
  }
  for (int l = 0; i < n; ++i, ++l) lanes[l] = Op::join(lanes[l], x[i]);
  for (int width = kAccumulators / 2; width > 0; width /= 2) {
    for (int l = 0; l < width; ++l) lanes[l] = Op::join(lanes[l], lanes[l + width]);
  }
  return lanes[0];
}

template <class T, class Op>
void run_all(const void* from, int64_t n, void* to) {
  const T* x = static_cast<const T*>(from);
  if (n <= kRunBlock) {
    *static_cast<T*>(to) = run_block<T, Op>(x, n);
    return;
  }
  typename Op::Wide total = Op::first;
  for (int64_t i = 0; i < n; i += kRunBlock) {
    total = join_wide<T, Op>(total, run_block<T, Op>(x + i, n - i < kRunBlock ? n - i : kRunBlock));
  }
  *static_cast<T*>(to) = static_cast<T>(total);
}

// y[j] = join over rows of x[row][j], for one block of rows and a range of columns
template <class T, class Op>
void column_block(const void* from, int64_t stride, int64_t rows, void* to, int64_t columns) {
  const T* x = static_cast<const T*>(from);
  T* __restrict y = static_cast<T*>(to);
  for (int64_t j = 0; j < columns; ++j) y[j] = Op::first;
  int64_t r = 0;
  for (; r + 4 <= rows; r += 4) {
    const T *a = x + r * stride, *b = a + stride, *c = b + stride, *d = c + stride;
    for (int64_t j = 0; j < columns; ++j) y[j] = Op::join(Op::join(y[j], Op::join(a[j], b[j])), Op::join(c[j], d[j]));
  }
  for (; r < rows; ++r) {
    const T* a = x + r * stride;
    for (int64_t j = 0; j < columns; ++j) y[j] = Op::join(y[j], a[j]);
  }
}

// What one operation on one type needs.
struct Reducer {
  int64_t width;  // bytes of a cell
  void (*row)(const void* x, int64_t n, void* y);
  void (*columns)(const void* x, int64_t stride, int64_t rows, void* y, int64_t columns);
};
template <class T, class Op>
constexpr Reducer reducer() {
  return {sizeof(T), run_all<T, Op>, column_block<T, Op>};
}

LM_INLINE const char* cell(const void* x, int64_t offset, const Reducer& r) {
  return static_cast<const char*>(x) + offset * r.width;
}
LM_INLINE char* cell(void* x, int64_t offset, const Reducer& r) { return static_cast<char*>(x) + offset * r.width; }

// [outer, reduced] → [outer]
Status reduce_rows(Engine& engine, const Reducer& r, const void* x, void* y, int64_t outer, int64_t reduced) {
  if (outer >= 8 || reduced <= 4 * kRunBlock) {
    parallel_blocks(engine, outer, row_block(reduced), [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) r.row(cell(x, i * reduced, r), reduced, cell(y, i, r));
    });
    return kOk;
  }
  const int64_t blocks = (reduced + kRunBlock - 1) / kRunBlock;
  const Temporary partial(engine, static_cast<size_t>(outer * blocks * r.width));
  if (!partial.data) return fail(engine, kOutOfMemory, static_cast<double>(partial.bytes));
  parallel_blocks(engine, outer * blocks, 4, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const int64_t at = i % blocks * kRunBlock;
      const int64_t n = reduced - at < kRunBlock ? reduced - at : kRunBlock;
      r.row(cell(x, i / blocks * reduced + at, r), n, cell(partial.data, i, r));
    }
  });
  for (int64_t i = 0; i < outer; ++i) r.row(cell(partial.data, i * blocks, r), blocks, cell(y, i, r));
  return kOk;
}

// [outer, reduced, inner] → [outer, inner]
Status reduce_columns(Engine& engine, const Reducer& r, const void* x, void* y, int64_t outer, int64_t reduced,
                      int64_t inner) {
  const int64_t blocks = (reduced + kRowBlock - 1) / kRowBlock;
  if (blocks <= 1) {
    parallel_blocks(engine, outer, row_block(reduced * inner), [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) {
        r.columns(cell(x, i * reduced * inner, r), inner, reduced, cell(y, i * inner, r), inner);
      }
    });
    return kOk;
  }
  const Temporary partial(engine, static_cast<size_t>(outer * blocks * inner * r.width));
  if (!partial.data) return fail(engine, kOutOfMemory, static_cast<double>(partial.bytes));
  parallel_blocks(engine, outer * blocks, row_block(kRowBlock * inner), [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const int64_t at = i % blocks * kRowBlock;
      const int64_t rows = reduced - at < kRowBlock ? reduced - at : kRowBlock;
      r.columns(cell(x, (i / blocks * reduced + at) * inner, r), inner, rows, cell(partial.data, i * inner, r), inner);
    }
  });
  for (int64_t i = 0; i < outer; ++i) {
    r.columns(cell(partial.data, i * blocks * inner, r), inner, blocks, cell(y, i * inner, r), inner);
  }
  return kOk;
}

// attributes: bit mask of the axes
Status reduce(Call& call, const Reducer& r) {
  const Tensor& x = call.in[0];
  void* y = call.out[0].data;
  const uint32_t mask = static_cast<uint32_t>(call.word(0));
  // neighbouring axes of one kind become one
  int64_t sizes[kMaxRank + 1];
  bool reduced[kMaxRank + 1];
  int groups = 0, left = 0;
  for (int axis = 0; axis < x.rank; ++axis) {
    const bool kind = (mask >> axis) & 1;
    if (x.dims[axis] == 1) continue;
    if (groups > 0 && reduced[groups - 1] == kind) {
      sizes[groups - 1] *= x.dims[axis];
    } else {
      sizes[groups] = x.dims[axis];
      reduced[groups++] = kind;
      left += kind;
    }
  }
  if (call.out[0].size == 0) return kOk;
  const void* from = x.data;
  if (left == 0) {
    memcpy(y, from, static_cast<size_t>(x.size * r.width));
    return kOk;
  }
  void* held = nullptr;
  size_t held_bytes = 0;
  Status status = kOk;
  while (left > 0 && status == kOk) {
    int at = groups - 1;
    while (!reduced[at]) --at;
    int64_t outer = 1, inner = 1;
    for (int i = 0; i < at; ++i) outer *= sizes[i];
    for (int i = at + 1; i < groups; ++i) inner *= sizes[i];
    const size_t bytes = static_cast<size_t>(outer * inner * r.width);
    void* to = left == 1 ? y : take(call.engine, bytes);
    if (!to) {
      status = fail(call.engine, kOutOfMemory, static_cast<double>(bytes));
      break;
    }
    status = inner == 1 ? reduce_rows(call.engine, r, from, to, outer, sizes[at])
                        : reduce_columns(call.engine, r, from, to, outer, sizes[at], inner);
    if (held) give(call.engine, held, held_bytes);
    held = left == 1 ? nullptr : to;
    held_bytes = bytes;
    from = to;
    sizes[at] = 1;
    reduced[at] = false;
    --left;
  }
  if (held) give(call.engine, held, held_bytes);
  return status;
}

Status sum(Call& call) {
  if (call.in[0].dtype == kFloat32) return reduce(call, reducer<float, Sum<float>>());
  if (call.in[0].dtype == kInt32) return reduce(call, reducer<int32_t, Sum<int32_t>>());
  return fail(call.engine, kUnsupported, 0, call.in[0].dtype);
}
Status product(Call& call) {
  if (call.in[0].dtype == kFloat32) return reduce(call, reducer<float, Product<float>>());
  if (call.in[0].dtype == kInt32) return reduce(call, reducer<int32_t, Product<int32_t>>());
  return fail(call.engine, kUnsupported, 0, call.in[0].dtype);
}
template <template <class> class Op>
Status extreme(Call& call) {
  switch (call.in[0].dtype) {
    case kFloat32:
      return reduce(call, reducer<float, Op<float>>());
    case kInt32:
      return reduce(call, reducer<int32_t, Op<int32_t>>());
    case kBool:
      return reduce(call, reducer<uint8_t, Op<uint8_t>>());
    default:
      return fail(call.engine, kUnsupported, 0, call.in[0].dtype);
  }
}

// Σ of all squares over all inputs
Status sum_of_squares(Call& call) {
  int64_t blocks = 0;
  for (int i = 0; i < call.inputs; ++i) blocks += (call.in[i].size + kRunBlock - 1) / kRunBlock;
  const Temporary partial(call.engine, static_cast<size_t>(blocks + 1) * sizeof(float));
  if (!partial.data) return fail(call.engine, kOutOfMemory, static_cast<double>(partial.bytes));
  float* parts = partial.as<float>();
  const Status status =
      parallel_tensors(call.engine, call.in, call.inputs, kRunBlock, [&](int i, int64_t begin, int64_t end, int64_t block) {
        const float* at = call.in[i].f32() + begin;
        const int64_t n = end - begin;
        vf s0 = {}, s1 = {};
        int64_t j = 0;
        for (; j + 2 * kLanes <= n; j += 2 * kLanes) {
          const vf u = load(at + j), v = load(at + j + kLanes);
          s0 += u * u;
          s1 += v * v;
        }
        float total = sum_lanes(s0 + s1);
        for (; j < n; ++j) total += at[j] * at[j];
        parts[block] = total;
      });
  if (status) return status;
  double total = 0;
  for (int64_t b = 0; b < blocks; ++b) total += static_cast<double>(parts[b]);
  call.out[0].f32()[0] = static_cast<float>(total);
  return kOk;
}

}  // namespace

void register_reduce(Registry& registry) {
  registry.add("sum", sum);
  registry.add("prod", product);
  registry.add("max", extreme<Max>);
  registry.add("min", extreme<Min>);
  registry.add("sumOfSquares", sum_of_squares);
}

}  // namespace LM_NS
}  // namespace lemanic
