// Softmax and log-softmax over the last axis, and softmax cross-entropy from logits, with their gradients.
#include "vector-math.h"

namespace lemanic {
namespace LM_NS {
namespace {

// Largest of the numbers in a row; NaN is passed over here and comes back from the exponentials.
LM_INLINE float row_max(const float* x, int64_t n) {
  vf a = splat(-INFINITY), b = a;
  int64_t j = 0;
  for (; j + 2 * kLanes <= n; j += 2 * kLanes) {
    a = larger_or_second(load(x + j), a);
    b = larger_or_second(load(x + j + kLanes), b);
  }
  for (; j + kLanes <= n; j += kLanes) a = larger_or_second(load(x + j), a);
  if (j < n) b = larger_or_second(load_part(x + j, n - j, -INFINITY), b);
  return largest_lane(larger_or_second(a, b));
}

// Σ exp(x − m)
LM_INLINE float row_exponentials(const float* x, int64_t n, float m) {
  const vf center = splat(m);
  vf a = {}, b = {};
  int64_t j = 0;
  for (; j + 2 * kLanes <= n; j += 2 * kLanes) {
    a += exponential_of_negative(load(x + j) - center);
    b += exponential_of_negative(load(x + j + kLanes) - center);
  }
  for (; j + kLanes <= n; j += kLanes) a += exponential_of_negative(load(x + j) - center);
  if (j < n) b += exponential_of_negative(load_part(x + j, n - j, -INFINITY) - center);
  return sum_lanes(a + b);
}

// A row of −∞ alone is centred at 0.
LM_INLINE float center_of(float m) { return m == -INFINITY ? 0.0f : m; }

template <class F>
LM_INLINE Status rows_of(Call& call, const Tensor& x, F f) {
  const int64_t n = x.dim(-1);
  if (x.size == 0) return kOk;
  parallel_blocks(call.engine, x.size / n, row_block(n * 4), [&](int64_t begin, int64_t end) {
    for (int64_t r = begin; r < end; ++r) f(r, n);
  });
  return kOk;
}

Status softmax(Call& call) {
  const float* x = call.in[0].f32();
  float* y = call.out[0].f32();
  return rows_of(call, call.in[0], [&](int64_t r, int64_t n) {
    const float* from = x + r * n;
    float* to = y + r * n;
    const vf center = splat(row_max(from, n));
    map1(to, from, n, [&](vf v) { return exponential_of_negative(v - center); });
    vf a = {};
    int64_t j = 0;
    for (; j + kLanes <= n; j += kLanes) a += load(to + j);
    float total = sum_lanes(a);
    for (; j < n; ++j) total += to[j];
    const vf inverse = splat(1.0f / total);
    map1(to, to, n, [&](vf v) { return v * inverse; });
  });
}

LM_INLINE float dot(const float* a, const float* b, int64_t n) {
  vf s = {};
  int64_t j = 0;
  for (; j + kLanes <= n; j += kLanes) s += load(a + j) * load(b + j);
  float total = sum_lanes(s);
  for (; j < n; ++j) total += a[j] * b[j];
  return total;
}

Status softmax_gradient(Call& call) {
  const float *g = call.in[0].f32(), *y = call.in[1].f32();
  float* dx = call.out[0].f32();
  return rows_of(call, call.in[1], [&](int64_t r, int64_t n) {
    const vf product = splat(dot(g + r * n, y + r * n, n));
    map2(dx + r * n, g + r * n, y + r * n, n, [&](vf gradient, vf value) { return value * (gradient - product); });
  });
}

Status log_softmax(Call& call) {
  const float* x = call.in[0].f32();
  float* y = call.out[0].f32();
  return rows_of(call, call.in[0], [&](int64_t r, int64_t n) {
    const float m = row_max(x + r * n, n);
    const float total = row_exponentials(x + r * n, n, m);
    const vf center = splat(m), logarithm_of_sum = splat(logf(total));
    map1(y + r * n, x + r * n, n, [&](vf v) { return v - center - logarithm_of_sum; });
  });
}

Status log_softmax_gradient(Call& call) {
  const float *g = call.in[0].f32(), *y = call.in[1].f32();
  float* dx = call.out[0].f32();
  return rows_of(call, call.in[1], [&](int64_t r, int64_t n) {
    vf s = {};
    int64_t j = 0;
    for (; j + kLanes <= n; j += kLanes) s += load(g + r * n + j);
    float total = sum_lanes(s);
    for (; j < n; ++j) total += g[r * n + j];
    const vf sum = splat(total);
    map2(dx + r * n, g + r * n, y + r * n, n,
         [&](vf gradient, vf value) { return gradient - exponential(value) * sum; });
  });
}

LM_INLINE Status check_targets(Call& call, const Tensor& targets, int64_t classes, int32_t ignored) {
  for (int64_t i = 0; i < targets.size; ++i) {
    const int32_t t = targets.i32()[i];
    if (t != ignored && (t < 0 || t >= classes)) {
      return fail(call.engine, kIndexOutOfRange, t, static_cast<double>(classes), static_cast<double>(i));
    }
  }
  return kOk;
}

// attributes: ignoreIndex
Status cross_entropy(Call& call) {
  const Tensor &logits = call.in[0], &targets = call.in[1];
  const int32_t ignored = call.word(0);
  if (Status status = check_targets(call, targets, logits.dim(-1), ignored)) return status;
  const float* x = logits.f32();
  const int32_t* at = targets.i32();
  float *loss = call.out[0].f32(), *log_sums = call.out[1].f32();
  return rows_of(call, logits, [&](int64_t r, int64_t n) {
    const float m = center_of(row_max(x + r * n, n));
    const float log_sum = m + logf(row_exponentials(x + r * n, n, m));
    log_sums[r] = log_sum;
    loss[r] = at[r] == ignored ? 0.0f : log_sum - x[r * n + at[r]];
  });
}

// attributes: ignoreIndex
Status cross_entropy_gradient(Call& call) {
  const Tensor &g = call.in[0], &logits = call.in[1], &targets = call.in[2], &log_sums = call.in[3];
  const int32_t ignored = call.word(0);
  if (Status status = check_targets(call, targets, logits.dim(-1), ignored)) return status;
  const float* x = logits.f32();
  const int32_t* at = targets.i32();
  float* dx = call.out[0].f32();
  return rows_of(call, logits, [&](int64_t r, int64_t n) {
    float* to = dx + r * n;
    if (at[r] == ignored) {
      memset(to, 0, static_cast<size_t>(n) * sizeof(float));
      return;
    }
    const vf center = splat(log_sums.f32()[r]), scale = splat(g.f32()[r]);
    map1(to, x + r * n, n, [&](vf v) { return exponential_of_negative(v - center) * scale; });
    to[at[r]] -= g.f32()[r];
  });
}

}  // namespace

void register_softmax(Registry& registry) {
  registry.add("softmax", softmax);
  registry.add("softmaxGradient", softmax_gradient);
  registry.add("logSoftmax", log_softmax);
  registry.add("logSoftmaxGradient", log_softmax_gradient);
  registry.add("softmaxCrossEntropy", cross_entropy);
  registry.add("softmaxCrossEntropyGradient", cross_entropy_gradient);
}

}  // namespace LM_NS
}  // namespace lemanic
