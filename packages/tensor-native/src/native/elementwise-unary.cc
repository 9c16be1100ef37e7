// Element-wise operations of one input, with GELU and its gradient.
#include "vector-math.h"

namespace lemanic {
namespace LM_NS {
namespace {

constexpr int64_t kBlock = 8192;

template <class F>
LM_INLINE Status unary(Call& call, F f) {
  const Tensor& x = call.in[0];
  if (x.dtype != kFloat32) return fail(call.engine, kUnsupported, 0, x.dtype);
  float* y = call.out[0].f32();
  parallel_blocks(call.engine, x.size, kBlock,
                  [&](int64_t begin, int64_t end) { map1(y + begin, x.f32() + begin, end - begin, f); });
  return kOk;
}

// f element by element, for float32 (through the C library) and int32.
template <class T, class F>
LM_INLINE Status each(Call& call, F f) {
  const T* x = static_cast<const T*>(call.in[0].data);
  T* y = static_cast<T*>(call.out[0].data);
  parallel_blocks(call.engine, call.in[0].size, kBlock, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) y[i] = f(x[i]);
  });
  return kOk;
}

template <class F>
LM_INLINE Status scalar(Call& call, F f) {
  if (call.in[0].dtype != kFloat32) return fail(call.engine, kUnsupported, 0, call.in[0].dtype);
  return each<float>(call, f);
}

LM_INLINE bool is_integer(const Call& call) { return call.in[0].dtype == kInt32; }
LM_INLINE int32_t wrapped(uint32_t x) { return static_cast<int32_t>(x); }

Status negative(Call& call) {
  if (is_integer(call)) return each<int32_t>(call, [](int32_t x) { return wrapped(0u - static_cast<uint32_t>(x)); });
  return unary(call, [](vf x) { return -x; });
}
Status abs_(Call& call) {
  if (is_integer(call)) {
    return each<int32_t>(call, [](int32_t x) { return x < 0 ? wrapped(0u - static_cast<uint32_t>(x)) : x; });
  }
  return unary(call, [](vf x) { return absolute(x); });
}
Status sign(Call& call) {
  if (is_integer(call)) return each<int32_t>(call, [](int32_t x) { return (x > 0) - (x < 0); });
  return unary(call, [](vf x) {
    const vf one = select(x > splat(0.0f), splat(1.0f), select(x < splat(0.0f), splat(-1.0f), x));
    return one;
  });
}
Status square(Call& call) {
  if (is_integer(call)) {
    return each<int32_t>(call, [](int32_t x) { return wrapped(static_cast<uint32_t>(x) * static_cast<uint32_t>(x)); });
  }
  return unary(call, [](vf x) { return x * x; });
}
Status exp_(Call& call) {
  return unary(call, [](vf x) { return exponential(x); });
}
Status expm1_(Call& call) {
  return scalar(call, [](float x) { return expm1f(x); });
}
Status log_(Call& call) {
  return unary(call, [](vf x) { return logarithm(x); });
}
Status log1p_(Call& call) {
  return scalar(call, [](float x) { return log1pf(x); });
}
Status sqrt_(Call& call) {
  return unary(call, [](vf x) { return square_root(x); });
}
Status rsqrt(Call& call) {
  return unary(call, [](vf x) { return splat(1.0f) / square_root(x); });
}
Status reciprocal(Call& call) {
  return unary(call, [](vf x) { return splat(1.0f) / x; });
}
Status sin_(Call& call) {
  return scalar(call, [](float x) { return sinf(x); });
}
Status cos_(Call& call) {
  return scalar(call, [](float x) { return cosf(x); });
}
Status tanh_(Call& call) {
  return unary(call, [](vf x) { return hyperbolic_tangent(x); });
}
Status sigmoid_(Call& call) {
  return unary(call, [](vf x) { return sigmoid(x); });
}
Status erf_(Call& call) {
  return unary(call, [](vf x) { return error_function(x); });
}
Status floor_(Call& call) {
  return scalar(call, [](float x) { return floorf(x); });
}
Status ceil_(Call& call) {
  return scalar(call, [](float x) { return ceilf(x); });
}
Status round_(Call& call) {
  return scalar(call, [](float x) { return rintf(x); });
}
Status relu(Call& call) {
  // the integers of negative numbers down to −∞; compared as floats, LLVM's WebAssembly turns −0 into 0
  return unary(call, [](vf x) {
    const vi bits = (vi)x;
    const vi below = (bits > splat(INT32_MIN)) & (bits <= splat(static_cast<int32_t>(0xff800000u)));
    return (vf)(bits & ~below);
  });
}

template <class F>
LM_INLINE Status flag(Call& call, F f) {
  const float* x = call.in[0].f32();
  uint8_t* y = call.out[0].u8();
  parallel_blocks(call.engine, call.in[0].size, kBlock, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) y[i] = f(x[i]);
  });
  return kOk;
}
Status is_nan(Call& call) {
  return flag(call, [](float x) { return static_cast<uint8_t>(x != x); });
}
Status is_finite(Call& call) {
  return flag(call, [](float x) { return static_cast<uint8_t>(fabsf(x) < INFINITY); });
}
Status logical_not(Call& call) {
  return each<uint8_t>(call, [](uint8_t x) { return static_cast<uint8_t>(!x); });
}

constexpr float kRootHalf = 0.70710678118654752f;
constexpr float kGaussian = 0.39894228040143268f;     // 1/√(2π)
constexpr float kTanhScale = 0.79788456080286536f;    // √(2/π)
constexpr float kTanhCubic = 0.044715f;

// attributes: 1 for the tanh approximation
Status gelu(Call& call) {
  if (call.word(0)) {
    return unary(call, [](vf x) {
      const vf inner = splat(kTanhScale) * (x + splat(kTanhCubic) * x * x * x);
      return splat(0.5f) * x * (splat(1.0f) + hyperbolic_tangent(inner));
    });
  }
  return unary(call, [](vf x) {
    return splat(0.5f) * x * (splat(1.0f) + error_function_fast(x * splat(kRootHalf)));
  });
}

Status gelu_gradient(Call& call) {
  const float* g = call.in[0].f32();
  const float* x = call.in[1].f32();
  float* y = call.out[0].f32();
  const bool approximate = call.word(0) != 0;
  parallel_blocks(call.engine, call.in[1].size, kBlock, [&](int64_t begin, int64_t end) {
    if (approximate) {
      map2(y + begin, g + begin, x + begin, end - begin, [](vf gradient, vf v) {
        const vf inner = splat(kTanhScale) * (v + splat(kTanhCubic) * v * v * v);
        const vf t = hyperbolic_tangent(inner);
        const vf slope = splat(kTanhScale) * (splat(1.0f) + splat(3 * kTanhCubic) * v * v);
        return gradient * (splat(0.5f) * (splat(1.0f) + t) + splat(0.5f) * v * (splat(1.0f) - t * t) * slope);
      });
    } else {
      map2(y + begin, g + begin, x + begin, end - begin, [](vf gradient, vf v) {
        const vf cumulative = splat(0.5f) * (splat(1.0f) + error_function_fast(v * splat(kRootHalf)));
        const vf density = splat(kGaussian) * exponential_of_negative(splat(-0.5f) * v * v);
        return gradient * (cumulative + v * density);
      });
    }
  });
  return kOk;
}

}  // namespace

void register_unary(Registry& registry) {
  registry.add("negative", negative);
  registry.add("abs", abs_);
  registry.add("sign", sign);
  registry.add("square", square);
  registry.add("exp", exp_);
  registry.add("expm1", expm1_);
  registry.add("log", log_);
  registry.add("log1p", log1p_);
  registry.add("sqrt", sqrt_);
  registry.add("rsqrt", rsqrt);
  registry.add("reciprocal", reciprocal);
  registry.add("sin", sin_);
  registry.add("cos", cos_);
  registry.add("tanh", tanh_);
  registry.add("sigmoid", sigmoid_);
  registry.add("erf", erf_);
  registry.add("floor", floor_);
  registry.add("ceil", ceil_);
  registry.add("round", round_);
  registry.add("relu", relu);
  registry.add("isNaN", is_nan);
  registry.add("isFinite", is_finite);
  registry.add("logicalNot", logical_not);
  registry.add("gelu", gelu);
  registry.add("geluGradient", gelu_gradient);
}

}  // namespace LM_NS
}  // namespace lemanic
