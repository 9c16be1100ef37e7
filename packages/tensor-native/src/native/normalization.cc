// Layer norm and RMS norm over the last axis, with their gradients.
#include "simd.h"

namespace lemanic {
namespace LM_NS {
namespace {

constexpr int64_t kRowsAtOnce = 64;  // rows whose gain and bias gradients are added up together

template <class F>
LM_INLINE float row_sum(int64_t n, F f) {
  vf s0 = {}, s1 = {};
  int64_t j = 0;
  for (; j + 2 * kLanes <= n; j += 2 * kLanes) {
    s0 += f(j, kLanes);
    s1 += f(j + kLanes, kLanes);
  }
  for (; j + kLanes <= n; j += kLanes) s0 += f(j, kLanes);
  if (j < n) s1 += f(j, static_cast<int>(n - j));
  return sum_lanes(s0 + s1);
}
// Lanes beyond n are 0 (or `rest`).
LM_INLINE vf get(const float* x, int64_t j, int n, float rest = 0) {
  return n == kLanes ? load(x + j) : load_part(x + j, n, rest);
}
LM_INLINE void put(float* y, int64_t j, vf x, int n) {
  if (n == kLanes) {
    store(y + j, x);
  } else {
    store_part(y + j, x, n);
  }
}
template <class F>
LM_INLINE void each_lane(int64_t n, F f) {
  int64_t j = 0;
  for (; j + kLanes <= n; j += kLanes) f(j, kLanes);
  if (j < n) f(j, static_cast<int>(n - j));
}

// attributes: epsilon (float64), hasBias
Status layer_norm(Call& call) {
  const Tensor& x = call.in[0];
  const int64_t d = x.dim(-1), rows = d ? x.size / d : 0;
  const float* gain = call.in[1].f32();
  const float* bias = call.word(2) ? call.in[2].f32() : nullptr;
  float *y = call.out[0].f32(), *means = call.out[1].f32(), *inverses = call.out[2].f32();
  const float epsilon = static_cast<float>(call.number(0)), share = 1.0f / static_cast<float>(d);
  parallel_blocks(call.engine, rows, row_block(d * 4), [&](int64_t begin, int64_t end) {
    for (int64_t r = begin; r < end; ++r) {
      const float* a = x.f32() + r * d;
      float* to = y + r * d;
      const float mean = row_sum(d, [&](int64_t j, int n) { return get(a, j, n); }) * share;
      const vf center = splat(mean);
      const float variance = row_sum(d, [&](int64_t j, int n) {
        const vf v = get(a, j, n, mean) - center;
        return v * v;
      }) * share;
      const float inverse = 1.0f / sqrtf(variance + epsilon);
      means[r] = mean;
      inverses[r] = inverse;
      const vf scale = splat(inverse);
      if (bias) {
        each_lane(d, [&](int64_t j, int n) {
          put(to, j, (get(a, j, n) - center) * scale * get(gain, j, n) + get(bias, j, n), n);
        });
      } else {
        each_lane(d, [&](int64_t j, int n) { put(to, j, (get(a, j, n) - center) * scale * get(gain, j, n), n); });
      }
    }
  });
  return kOk;
}

// Joins partial rows [blocks, d] in order.
LM_INLINE void join_rows(const float* parts, int64_t blocks, int64_t stride, int64_t d, float* y) {
  memset(y, 0, static_cast<size_t>(d) * sizeof(float));
  for (int64_t b = 0; b < blocks; ++b) {
    for (int64_t j = 0; j < d; ++j) y[j] += parts[b * stride + j];
  }
}

// attributes: hasBias
Status layer_norm_gradient(Call& call) {
  const Tensor& x = call.in[1];
  const int64_t d = x.dim(-1), rows = d ? x.size / d : 0;
  const float *g = call.in[0].f32(), *gain = call.in[2].f32(), *means = call.in[3].f32(), *inverses = call.in[4].f32();
  float* dx = call.out[0].f32();
  const bool has_bias = call.word(0) != 0;
  const int64_t blocks = (rows + kRowsAtOnce - 1) / kRowsAtOnce;
  const Temporary partial(call.engine, static_cast<size_t>(blocks * 2 * d + 16) * sizeof(float));
  if (!partial.data) return fail(call.engine, kOutOfMemory, static_cast<double>(partial.bytes));
  float* parts = partial.as<float>();
  const float share = 1.0f / static_cast<float>(d);
  parallel_for(call.engine, blocks, [&](int64_t block, int) {
    float *dgain = parts + block * 2 * d, *dbias = dgain + d;
    memset(dgain, 0, static_cast<size_t>(2 * d) * sizeof(float));
    const int64_t end = (block + 1) * kRowsAtOnce < rows ? (block + 1) * kRowsAtOnce : rows;
    for (int64_t r = block * kRowsAtOnce; r < end; ++r) {
      const float *a = x.f32() + r * d, *up = g + r * d;
      float* to = dx + r * d;
      const vf center = splat(means[r]), scale = splat(inverses[r]);
      vf sum_vector = {}, product_vector = {};
      each_lane(d, [&](int64_t j, int n) {
        const vf normal = (get(a, j, n, means[r]) - center) * scale;
        const vf gradient = get(up, j, n);
        const vf scaled = gradient * get(gain, j, n);
        sum_vector += scaled;
        product_vector += scaled * normal;
        put(dgain, j, get(dgain, j, n) + gradient * normal, n);
        put(dbias, j, get(dbias, j, n) + gradient, n);
      });
      const vf mean_sum = splat(sum_lanes(sum_vector) * share), mean_product = splat(sum_lanes(product_vector) * share);
      each_lane(d, [&](int64_t j, int n) {
        const vf normal = (get(a, j, n) - center) * scale;
        put(to, j, scale * (get(up, j, n) * get(gain, j, n) - mean_sum - normal * mean_product), n);
      });
    }
  });
  join_rows(parts, blocks, 2 * d, d, call.out[1].f32());
  if (has_bias) join_rows(parts + d, blocks, 2 * d, d, call.out[2].f32());
  return kOk;
}

// attributes: epsilon (float64)
Status rms_norm(Call& call) {
  const Tensor& x = call.in[0];
  const int64_t d = x.dim(-1), rows = d ? x.size / d : 0;
  const float* gain = call.in[1].f32();
  float *y = call.out[0].f32(), *inverses = call.out[1].f32();
  const float epsilon = static_cast<float>(call.number(0)), share = 1.0f / static_cast<float>(d);
  parallel_blocks(call.engine, rows, row_block(d * 3), [&](int64_t begin, int64_t end) {
    for (int64_t r = begin; r < end; ++r) {
      const float* a = x.f32() + r * d;
      const float squares = row_sum(d, [&](int64_t j, int n) {
        const vf v = get(a, j, n);
        return v * v;
      });
      const float inverse = 1.0f / sqrtf(squares * share + epsilon);
      inverses[r] = inverse;
      each_lane(d, [&](int64_t j, int n) { put(y + r * d, j, get(a, j, n) * splat(inverse) * get(gain, j, n), n); });
    }
  });
  return kOk;
}

Status rms_norm_gradient(Call& call) {
  const Tensor& x = call.in[1];
  const int64_t d = x.dim(-1), rows = d ? x.size / d : 0;
  const float *g = call.in[0].f32(), *gain = call.in[2].f32(), *inverses = call.in[3].f32();
  float* dx = call.out[0].f32();
  const int64_t blocks = (rows + kRowsAtOnce - 1) / kRowsAtOnce;
  const Temporary partial(call.engine, static_cast<size_t>(blocks * d + 16) * sizeof(float));
  if (!partial.data) return fail(call.engine, kOutOfMemory, static_cast<double>(partial.bytes));
  float* parts = partial.as<float>();
  const float share = 1.0f / static_cast<float>(d);
  parallel_for(call.engine, blocks, [&](int64_t block, int) {
    float* dgain = parts + block * d;
    memset(dgain, 0, static_cast<size_t>(d) * sizeof(float));
    const int64_t end = (block + 1) * kRowsAtOnce < rows ? (block + 1) * kRowsAtOnce : rows;
    for (int64_t r = block * kRowsAtOnce; r < end; ++r) {
      const float *a = x.f32() + r * d, *up = g + r * d;
      const vf scale = splat(inverses[r]);
      const float product = row_sum(d, [&](int64_t j, int n) {
        const vf normal = get(a, j, n) * scale, gradient = get(up, j, n);
        put(dgain, j, get(dgain, j, n) + gradient * normal, n);
        return gradient * get(gain, j, n) * normal;
      });
      const vf mean_product = splat(product * share);
      each_lane(d, [&](int64_t j, int n) {
        const vf normal = get(a, j, n) * scale;
        put(dx + r * d, j, scale * (get(up, j, n) * get(gain, j, n) - normal * mean_product), n);
      });
    }
  });
  join_rows(parts, blocks, d, d, call.out[1].f32());
  return kOk;
}

}  // namespace

void register_normalization(Registry& registry) {
  registry.add("layerNorm", layer_norm);
  registry.add("layerNormGradient", layer_norm_gradient);
  registry.add("rmsNorm", rms_norm);
  registry.add("rmsNormGradient", rms_norm_gradient);
}

}  // namespace LM_NS
}  // namespace lemanic
