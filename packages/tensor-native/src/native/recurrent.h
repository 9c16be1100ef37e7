// What the recurrences of LSTM and GRU share: the loop over time runs in each thread for its own sequences of the batch,
// so that threads meet once a call. Rows of a product do not depend on each other: results do not depend on the split.
#pragma once
#include "gemm.h"
#include "micro-kernel.h"
#include "vector-math.h"

namespace lemanic {
namespace LM_NS {
namespace {

// Sequences a thread takes at a time.
LM_INLINE int64_t batch_share(Engine& engine, int64_t batch) {
  const int64_t threads = thread_count(engine);
  const int64_t share = (batch + threads - 1) / threads;
  // whole tiles where there are enough sequences for all threads
  return share > 4 * kTileRows ? (share + kTileRows - 1) / kTileRows * kTileRows : share;
}

// to[b][t][…] = states[b][t − 1][…], the initial state at t = 0: the right side of the weight's gradient.
LM_INLINE void shift_states(Engine& engine, const float* states, const float* initial, int64_t batch, int64_t time,
                            int64_t hidden, float* to) {
  parallel_blocks(engine, batch, row_block(time * hidden), [&](int64_t begin, int64_t end) {
    for (int64_t b = begin; b < end; ++b) {
      memcpy(to + b * time * hidden, initial + b * hidden, static_cast<size_t>(hidden) * sizeof(float));
      if (time > 1) {
        memcpy(to + (b * time + 1) * hidden, states + b * time * hidden,
               static_cast<size_t>((time - 1) * hidden) * sizeof(float));
      }
    }
  });
}

// weight[g][h] = Σ over sequences and steps of gates[·][g]·states[·][h]
LM_INLINE Status weight_gradient(Engine& engine, const float* gates, int64_t width, const float* states, int64_t hidden,
                                 int64_t rows, float* weight) {
  return gemm_parallel(engine, Gemm{width, hidden, rows, Matrix{gates, 1, width, kFloat32},
                                    Matrix{states, hidden, 1, kFloat32}, weight, hidden, nullptr, false});
}

// f(at, n) over vectors of `count` numbers; n < kLanes at the end.
template <class F>
LM_INLINE void each_vector(int64_t count, F&& f) {
  int64_t at = 0;
  for (; at + kLanes <= count; at += kLanes) f(at, int64_t{kLanes});
  if (at < count) f(at, count - at);
}
LM_INLINE vf take_lanes(const float* from, int64_t n) { return n >= kLanes ? load(from) : load_part(from, n); }
LM_INLINE void put_lanes(float* to, vf x, int64_t n) {
  if (n >= kLanes) {
    store(to, x);
  } else {
    store_part(to, x, n);
  }
}

// e^−x within ±87, beyond which gates are 0 or 1 in float32; NaN stays.
LM_INLINE vf decay(vf x) {
  x = smaller_or_second(splat(87.0f), larger_or_second(splat(-87.0f), x));
  const vf magic = splat(12582912.0f);  // 1.5·2²³ rounds to an integer
  const vf shifted = x * splat(-1.44269504088896341f) + magic;
  const vf n = shifted - magic;
  vf r = -x - n * splat(0.693359375f);
  r = r - n * splat(-2.12194440e-4f);
  vf p = splat(1.9875691500e-4f);
  p = p * r + splat(1.3981999507e-3f);
  p = p * r + splat(8.3334519073e-3f);
  p = p * r + splat(4.1665795894e-2f);
  p = p * r + splat(1.6666665459e-1f);
  p = p * r + splat(5.0000001201e-1f);
  p = p * (r * r) + r + splat(1.0f);
  return p * power_of_two((vi)shifted - (vi)magic);
}
// Gates, to an absolute error of a unit in the last place of 1: half the work of the element-wise operations.
LM_INLINE vf gate_sigmoid(vf x) { return splat(1.0f) / (splat(1.0f) + decay(x)); }
LM_INLINE vf gate_tanh(vf x) { return splat(2.0f) / (splat(1.0f) + decay(x + x)) - splat(1.0f); }

}  // namespace
}  // namespace LM_NS
}  // namespace lemanic
