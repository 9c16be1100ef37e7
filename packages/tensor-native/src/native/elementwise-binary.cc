// Element-wise operations of two inputs and `where`, with NumPy's broadcasting.
#include "broadcast.h"
#include "half.h"
#include "simd.h"

namespace lemanic {
namespace LM_NS {
namespace {

// One contiguous run of the output; the strides of the operands are 0 or 1 there.
using Run = void (*)(void* y, const void* a, int64_t stride_a, const void* b, int64_t stride_b, int64_t n);

template <class T, class R, class F>
void run(void* out, const void* left, int64_t stride_a, const void* right, int64_t stride_b, int64_t n) {
  R* __restrict y = static_cast<R*>(out);
  const T *a = static_cast<const T*>(left), *b = static_cast<const T*>(right);
  if (stride_a == 1 && stride_b == 1) {
    for (int64_t i = 0; i < n; ++i) y[i] = F::of(a[i], b[i]);
  } else if (stride_a == 1) {
    const T value = *b;
    for (int64_t i = 0; i < n; ++i) y[i] = F::of(a[i], value);
  } else if (stride_b == 1) {
    const T value = *a;
    for (int64_t i = 0; i < n; ++i) y[i] = F::of(value, b[i]);
  } else {
    const R value = F::of(*a, *b);
    for (int64_t i = 0; i < n; ++i) y[i] = value;
  }
}

Status binary(Call& call, Run one_run, int64_t width, int64_t out_width) {
  const Walk<2> walk(call.out[0], call.in);
  const char *a = static_cast<const char*>(call.in[0].data), *b = static_cast<const char*>(call.in[1].data);
  char* y = static_cast<char*>(call.out[0].data);
  const int64_t inner = walk.inner(), sa = walk.strides[0][walk.rank - 1], sb = walk.strides[1][walk.rank - 1];
  if (walk.rank == 1) {
    parallel_blocks(call.engine, inner, 16384, [&](int64_t begin, int64_t end) {
      one_run(y + begin * out_width, a + begin * sa * width, sa, b + begin * sb * width, sb, end - begin);
    });
    return kOk;
  }
  parallel_blocks(call.engine, walk.outer(), row_block(inner), [&](int64_t begin, int64_t end) {
    int64_t at[2];
    for (int64_t row = begin; row < end; ++row) {
      walk.offsets(row, at);
      one_run(y + row * inner * out_width, a + at[0] * width, sa, b + at[1] * width, sb, inner);
    }
  });
  return kOk;
}

Status unsupported(Call& call) { return fail(call.engine, kUnsupported, 0, call.in[0].dtype); }
LM_INLINE uint32_t bits(int32_t x) { return static_cast<uint32_t>(x); }

LM_INLINE int32_t truncated_quotient(int32_t a, int32_t b) {
  if (b == 0) return 0;
  if (b == -1) return static_cast<int32_t>(0u - bits(a));
  return a / b;
}
LM_INLINE int32_t floored_remainder(int32_t a, int32_t b) {
  if (b == 0 || b == -1) return 0;
  const int32_t r = a % b;
  return r != 0 && (r ^ b) < 0 ? r + b : r;
}
LM_INLINE float floored_remainder(float a, float b) {
  const float r = fmodf(a, b);
  return r != 0 && (r < 0) != (b < 0) ? r + b : r;
}

// Float and int32 forms of one arithmetic operation.
#define LM_ARITHMETIC(name, float_expression, integer_expression)                                             \
  struct name##_float {                                                                                       \
    static LM_INLINE float of(float a, float b) { return float_expression; }                                  \
  };                                                                                                          \
  struct name##_integer {                                                                                     \
    static LM_INLINE int32_t of(int32_t a, int32_t b) { return static_cast<int32_t>(integer_expression); }    \
  };                                                                                                          \
  Status name(Call& call) {                                                                                   \
    if (call.in[0].dtype == kFloat32) return binary(call, run<float, float, name##_float>, 4, 4);             \
    if (call.in[0].dtype == kInt32) return binary(call, run<int32_t, int32_t, name##_integer>, 4, 4);         \
    return unsupported(call);                                                                                 \
  }

LM_ARITHMETIC(add, a + b, bits(a) + bits(b))
LM_ARITHMETIC(subtract, a - b, bits(a) - bits(b))
LM_ARITHMETIC(multiply, a* b, bits(a) * bits(b))
LM_ARITHMETIC(divide, a / b, truncated_quotient(a, b))
LM_ARITHMETIC(modulo, floored_remainder(a, b), floored_remainder(a, b))
// Of two equal numbers the positive zero is the larger: their bits are joined.
LM_INLINE float joined_and(float a, float b) { return bits_float(float_bits(a) & float_bits(b)); }
LM_INLINE float joined_or(float a, float b) { return bits_float(float_bits(a) | float_bits(b)); }

LM_ARITHMETIC(maximum, (a > b || a != a) ? a : (a == b ? joined_and(a, b) : b), a > b ? a : b)
LM_ARITHMETIC(minimum, (a < b || a != a) ? a : (a == b ? joined_or(a, b) : b), a < b ? a : b)

struct power_float {
  static LM_INLINE float of(float a, float b) { return powf(a, b); }
};
Status power(Call& call) {
  if (call.in[0].dtype != kFloat32) return unsupported(call);
  return binary(call, run<float, float, power_float>, 4, 4);
}

#define LM_COMPARISON(name, expression)                                       \
  struct name##_of {                                                          \
    template <class T>                                                        \
    static LM_INLINE uint8_t of(T a, T b) {                                   \
      return expression;                                                      \
    }                                                                         \
  };                                                                          \
  Status name(Call& call) {                                                   \
    switch (call.in[0].dtype) {                                               \
      case kFloat32:                                                          \
        return binary(call, run<float, uint8_t, name##_of>, 4, 1);            \
      case kInt32:                                                            \
        return binary(call, run<int32_t, uint8_t, name##_of>, 4, 1);          \
      case kBool:                                                             \
        return binary(call, run<uint8_t, uint8_t, name##_of>, 1, 1);          \
      default:                                                                \
        return unsupported(call);                                             \
    }                                                                         \
  }

LM_COMPARISON(equal, a == b)
LM_COMPARISON(not_equal, a != b)
LM_COMPARISON(less, a < b)
LM_COMPARISON(less_equal, a <= b)
LM_COMPARISON(greater, a > b)
LM_COMPARISON(greater_equal, a >= b)

struct both {
  static LM_INLINE uint8_t of(uint8_t a, uint8_t b) { return a && b; }
};
struct either {
  static LM_INLINE uint8_t of(uint8_t a, uint8_t b) { return a || b; }
};
Status logical_and(Call& call) { return binary(call, run<uint8_t, uint8_t, both>, 1, 1); }
Status logical_or(Call& call) { return binary(call, run<uint8_t, uint8_t, either>, 1, 1); }

template <class T>
LM_INLINE Status where_of(Call& call) {
  const Walk<3> walk(call.out[0], call.in);
  const uint8_t* condition = call.in[0].u8();
  const T* a = static_cast<const T*>(call.in[1].data);
  const T* b = static_cast<const T*>(call.in[2].data);
  T* y = static_cast<T*>(call.out[0].data);
  const int last = walk.rank - 1;
  const int64_t inner = walk.inner(), sc = walk.strides[0][last], sa = walk.strides[1][last], sb = walk.strides[2][last];
  parallel_blocks(call.engine, walk.outer(), row_block(inner), [&](int64_t begin, int64_t end) {
    int64_t at[3];
    for (int64_t row = begin; row < end; ++row) {
      walk.offsets(row, at);
      const uint8_t* c = condition + at[0];
      const T *left = a + at[1], *right = b + at[2];
      T* __restrict out = y + row * inner;
      if (sc == 1 && sa == 1 && sb == 1) {
        for (int64_t i = 0; i < inner; ++i) out[i] = c[i] ? left[i] : right[i];
      } else {
        for (int64_t i = 0; i < inner; ++i) out[i] = c[i * sc] ? left[i * sa] : right[i * sb];
      }
    }
  });
  return kOk;
}

Status where(Call& call) {
  switch (call.in[1].dtype) {
    case kFloat32:
    case kInt32:
      return where_of<uint32_t>(call);
    case kBool:
      return where_of<uint8_t>(call);
    default:
      return where_of<uint16_t>(call);
  }
}

}  // namespace

void register_binary(Registry& registry) {
  registry.add("add", add);
  registry.add("subtract", subtract);
  registry.add("multiply", multiply);
  registry.add("divide", divide);
  registry.add("modulo", modulo);
  registry.add("maximum", maximum);
  registry.add("minimum", minimum);
  registry.add("power", power);
  registry.add("equal", equal);
  registry.add("notEqual", not_equal);
  registry.add("less", less);
  registry.add("lessEqual", less_equal);
  registry.add("greater", greater);
  registry.add("greaterEqual", greater_equal);
  registry.add("logicalAnd", logical_and);
  registry.add("logicalOr", logical_or);
  registry.add("where", where);
}

}  // namespace LM_NS
}  // namespace lemanic
