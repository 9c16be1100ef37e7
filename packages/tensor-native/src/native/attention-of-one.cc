// Attention of one query a head, as in decoding: keys and values are read once, where they lie, and nothing is packed.
#include "attention.h"

namespace lemanic {
namespace LM_NS {
namespace {

// q·k of `Keys` keys.
template <int Keys>
LM_INLINE void scores_of(const float* query, const float* key, int64_t stride, int64_t d, float* to) {
  vf sum[Keys] = {};
  int64_t i = 0;
  for (; i + kLanes <= d; i += kLanes) {
    const vf left = load(query + i);
#pragma GCC unroll 4
    for (int k = 0; k < Keys; ++k) sum[k] += left * load(key + k * stride + i);
  }
  if (i < d) {
    const vf left = load_part(query + i, d - i);
#pragma GCC unroll 4
    for (int k = 0; k < Keys; ++k) sum[k] += left * load_part(key + k * stride + i, d - i);
  }
#pragma GCC unroll 4
  for (int k = 0; k < Keys; ++k) to[k] = sum_lanes(sum[k]);
}

LM_INLINE void all_scores(const float* query, const float* keys, int64_t stride, int64_t d, int64_t n, float* to) {
  int64_t j = 0;
  for (; j + 4 <= n; j += 4) scores_of<4>(query, keys + j * stride, stride, d, to + j);
  for (; j < n; ++j) scores_of<1>(query, keys + j * stride, stride, d, to + j);
}

// Σ weight · value over one segment, for `Vectors` vectors of a head's width.
template <int Vectors>
LM_INLINE void mix(const float* weights, const float* values, int64_t stride, int64_t n, vf* sum) {
  for (int64_t j = 0; j < n; ++j) {
    const vf weight = splat(weights[j]);
#pragma GCC unroll 4
    for (int v = 0; v < Vectors; ++v) sum[v] += weight * load(values + j * stride + v * kLanes);
  }
}
LM_INLINE void mix_part(const float* weights, const float* values, int64_t stride, int64_t n, int64_t width, vf* sum) {
  for (int64_t j = 0; j < n; ++j) sum[0] += splat(weights[j]) * load_part(values + j * stride, width);
}

struct Query {
  const AttentionShape& shape;
  int64_t b, h;
  int64_t row;  // floats that the scores of a segment take: its keys, rounded up to whole vectors

  void run(const float* query, float* out, float* log_sum, float* scores) const {
    const int64_t d = shape.width, stride = shape.key_stride();
    float center = -INFINITY;
    int64_t column = 0;
    for (int s = 0; s < shape.segments; column += shape.key[s++].dims[1]) {
      const int64_t n = shape.length(s);
      float* to = scores + s * row;
      all_scores(query, shape.key[s].f32() + offset(s), stride, d, n, to);
      const float best = largest_score(to, n, shape.scale, shape.bias_row(b, h, 0, column));
      if (best > center) center = best;
    }
    if (center == -INFINITY) return nothing_seen(out, log_sum, scores);
    float total = 0;
    column = 0;
    for (int s = 0; s < shape.segments; column += shape.key[s++].dims[1]) {
      const int64_t n = shape.length(s);
      total += weights_of_row(scores + s * row, n, n, shape.scale, shape.bias_row(b, h, 0, column), center);
    }
    *log_sum = center + logf(total);
    const float inverse = 1.0f / total;
    int64_t i = 0;
    for (; i + 4 * kLanes <= d; i += 4 * kLanes) part<4>(scores, i, 4 * kLanes, out, inverse);
    for (; i + kLanes <= d; i += kLanes) part<1>(scores, i, kLanes, out, inverse);
    if (i < d) part<0>(scores, i, d - i, out, inverse);
  }

 private:
  LM_INLINE int64_t offset(int segment) const { return shape.key_offset(segment, b, h / shape.group); }

  // Elements [i, i + width) of the result; 0 vectors stand for less than one.
  template <int Vectors>
  LM_INLINE void part(const float* scores, int64_t i, int64_t width, float* out, float inverse) const {
    vf sum[Vectors ? Vectors : 1] = {};
    for (int s = 0; s < shape.segments; ++s) {
      const float* values = shape.value[s].f32() + offset(s) + i;
      if (Vectors) {
        mix<Vectors>(scores + s * row, values, shape.key_stride(), shape.length(s), sum);
      } else {
        mix_part(scores + s * row, values, shape.key_stride(), shape.length(s), width, sum);
      }
    }
    const vf factor = splat(inverse);
    if (!Vectors) return store_part(out + i, sum[0] * factor, width);
    for (int v = 0; v < Vectors; ++v) store(out + i + v * kLanes, sum[v] * factor);
  }

  // All scores are −∞ or NaN.
  void nothing_seen(float* out, float* log_sum, const float* scores) const {
    bool has_nan = false;
    int64_t column = 0;
    for (int s = 0; s < shape.segments; column += shape.key[s++].dims[1]) {
      has_nan |= holds_nan(scores + s * row, shape.bias_row(b, h, 0, column), shape.length(s));
    }
    *log_sum = has_nan ? NAN : -INFINITY;
    for (int64_t i = 0; i < shape.width; ++i) out[i] = has_nan ? NAN : 0.0f;
  }
};

}  // namespace

Status attention_of_one(Call& call) {
  AttentionShape shape;
  if (Status status = shape.read(call, 0)) return status;
  int64_t longest = 0;
  for (int s = 0; s < shape.segments; ++s) longest = shape.length(s) > longest ? shape.length(s) : longest;
  const int64_t row = (longest + kLanes - 1) / kLanes * kLanes;
  const size_t bytes = static_cast<size_t>(shape.segments * row + kLanes) * sizeof(float);
  // heads that share keys one after the other: these come from the cache then
  parallel_for(call.engine, shape.batch * shape.key_heads, [&](int64_t task, int thread) {
    const int64_t b = task / shape.key_heads, first = task % shape.key_heads * shape.group;
    float* scores = static_cast<float*>(scratch(call.engine, thread, 0, bytes));
    for (int64_t h = first; h < first + shape.group; ++h) {
      const int64_t offset = shape.query_offset(b, h);
      Query{shape, b, h, row}.run(shape.query->f32() + offset, call.out[0].f32() + offset,
                                  call.out[1].f32() + b * shape.heads + h, scores);
    }
  });
  return kOk;
}

}  // namespace LM_NS
}  // namespace lemanic
