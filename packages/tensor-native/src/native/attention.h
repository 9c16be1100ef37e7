// Shapes and visits that attention and its gradient share.
#pragma once
#include "micro-kernel.h"
#include "threefry.h"
#include "vector-math.h"

namespace lemanic {
namespace LM_NS {

// The kernel for one query a head (attention-of-one.cc).
Status attention_of_one(Call& call);

namespace {

constexpr int64_t kKeyBlock = 128;  // a multiple of kPanel
constexpr int64_t kQueryBlock = 48; // a multiple of kTileRows

// attributes: segments, causal, hasBias, scale (float64), used (float64): how many keys of every segment there are; −1
// where all are. The bias has columns for the others too. Then the rate of dropout of the weights (float64) and its key.
struct AttentionShape {
  int segments;
  bool causal;
  float scale;
  int64_t used;
  double rate;
  uint32_t drop_key[2];
  int64_t batch, time, heads, width, key_heads, group, keys;  // keys of all segments together, unused ones too
  const Tensor *query, *key, *value;                          // key and value: one tensor a segment
  const Tensor* bias;
  int64_t query_block;

  // `first` is the position of the query among the inputs.
  LM_INLINE Status read(Call& call, int first) {
    segments = call.word(0);
    causal = call.word(1) != 0;
    const bool has_bias = call.word(2) != 0;
    scale = static_cast<float>(call.number(3));
    used = static_cast<int64_t>(call.number(5));
    rate = call.number(7);
    for (int i = 0; i < 2; ++i) drop_key[i] = static_cast<uint32_t>(call.word(9 + i));
    if (segments < 1 || call.inputs != first + 1 + 2 * segments + has_bias) return fail(call.engine, kBadCommand, 0);
    query = &call.in[first];
    key = query + 1;
    value = key + segments;
    bias = has_bias ? value + segments : nullptr;
    if (query->rank != 4) return fail(call.engine, kBadCommand, first);
    batch = query->dims[0];
    time = query->dims[1];
    heads = query->dims[2];
    width = query->dims[3];
    key_heads = key[0].dims[2];
    if (key_heads < 1 || heads % key_heads != 0) return fail(call.engine, kBadCommand, first);
    group = heads / key_heads;
    keys = 0;
    for (int s = 0; s < segments; ++s) {
      for (int which = 0; which < 2; ++which) {
        const Tensor* x = (which == 0 ? key : value) + s;
        if (x->rank != 4 || x->dims[0] != batch || x->dims[1] != key[s].dims[1] || x->dims[2] != key_heads ||
            x->dims[3] != width || x->dtype != kFloat32) {
          return fail(call.engine, kBadCommand, first + 1 + s);
        }
      }
      if (used > key[s].dims[1]) {
        return fail(call.engine, kIndexOutOfRange, static_cast<double>(used - 1), key[s].dims[1], 0);
      }
      keys += key[s].dims[1];
    }
    if (bias && (bias->rank != 4 || bias->dims[2] != time || bias->dims[3] != keys ||
                 (bias->dims[0] != 1 && bias->dims[0] != batch) || (bias->dims[1] != 1 && bias->dims[1] != heads))) {
      return fail(call.engine, kBadCommand, first + 1 + 2 * segments);
    }
    query_block = time <= 128 ? 24 : kQueryBlock;
    return kOk;
  }

  LM_INLINE int64_t query_offset(int64_t b, int64_t h) const { return (b * time * heads + h) * width; }
  LM_INLINE int64_t query_stride() const { return heads * width; }
  LM_INLINE int64_t key_offset(int segment, int64_t b, int64_t h) const {
    return (b * key[segment].dims[1] * key_heads + h) * width;
  }
  LM_INLINE int64_t key_stride() const { return key_heads * width; }
  LM_INLINE int64_t length(int segment) const { return used < 0 ? key[segment].dims[1] : used; }

  // Keys of a block [begin, begin + n) of a segment that query i sees.
  LM_INLINE int64_t visible(int segment, int64_t i, int64_t begin, int64_t n) const {
    if (!causal) return n;
    const int64_t seen = i + (length(segment) - time) + 1 - begin;
    return seen < 0 ? 0 : seen > n ? n : seen;
  }
  LM_INLINE const float* bias_row(int64_t b, int64_t h, int64_t i, int64_t at) const {
    if (!bias) return nullptr;
    const int64_t plane = (bias->dims[0] == 1 ? 0 : b) * bias->dims[1] + (bias->dims[1] == 1 ? 0 : h);
    return bias->f32() + (plane * time + i) * keys + at;
  }
  // Dropout of `n` weights (or of their gradients) of a row from column `at` on: element (b, h, i, at) of the stream
  // decides, so that both passes drop the same. The row has room for whole vectors.
  LM_INLINE void drop(float* row, int64_t b, int64_t h, int64_t i, int64_t at, int64_t n) const {
    const int64_t first = ((b * heads + h) * time + i) * keys + at, begin = first & ~int64_t{1};
    uint32_t words[kKeyBlock + 1];
    fill_bits(drop_key[0], drop_key[1], begin, first - begin + n, words);
    const uint32_t* own = words + (first - begin);
    const int32_t threshold = survival_threshold(rate);
    const float kept = static_cast<float>(1 - rate);
    for (int64_t j = 0; j < n; ++j) row[j] = static_cast<int32_t>(own[j] >> 8) >= threshold ? row[j] / kept : 0.0f;
  }
  // f(segment, first key in the segment, number of keys, its column of the bias, number of the block)
  template <class F>
  LM_INLINE void each_key_block(F f) const {
    int64_t base = 0, number = 0;
    for (int s = 0; s < segments; ++s) {
      const int64_t n = length(s);
      for (int64_t begin = 0; begin < n; begin += kKeyBlock, ++number) {
        f(s, begin, n - begin < kKeyBlock ? n - begin : kKeyBlock, base + begin, number);
      }
      base += key[s].dims[1];
    }
  }
  LM_INLINE int64_t key_blocks() const {
    int64_t count = 0;
    for (int s = 0; s < segments; ++s) count += (length(s) + kKeyBlock - 1) / kKeyBlock;
    return count;
  }
};

// A vector of a bias row, of which `left` elements exist from here on.
LM_INLINE vf bias_part(const float* bias, int64_t left) { return left >= kLanes ? load(bias) : load_part(bias, left); }
// The lanes of the vector at `at` that lie before `end`.
LM_INLINE vi lanes_before(int64_t at, int64_t end) { return lane_numbers() < splat(static_cast<int32_t>(end - at)); }

// Largest scaled score of a row; NaN is passed over here and comes back from the exponentials.
LM_INLINE float largest_score(const float* scores, int64_t visible, float scale, const float* bias) {
  vf best = splat(-INFINITY);
  const vf factor = splat(scale);
  int64_t j = 0;
  for (; j + kLanes <= visible; j += kLanes) {
    vf x = load(scores + j) * factor;
    if (bias) x += load(bias + j);
    best = larger_or_second(x, best);
  }
  if (j < visible) {
    vf x = load(scores + j) * factor;
    if (bias) x += bias_part(bias + j, visible - j);
    best = larger_or_second(select(lanes_before(j, visible), x, best), best);
  }
  return largest_lane(best);
}

// For rows that hold nothing but −∞ and, it may be, NaN.
LM_INLINE bool holds_nan(const float* scores, const float* bias, int64_t visible) {
  for (int64_t j = 0; j < visible; ++j) {
    const float x = scores[j] + (bias ? bias[j] : 0.0f);
    if (x != x) return true;
  }
  return false;
}

// Turns the first `visible` scores into exp(score·scale (+ bias) − center) and the others, up to `n` (a multiple of the
// lanes), into zeros; the sum comes back. Scores beyond `visible` exist in memory and may hold anything.
LM_INLINE float weights_of_row(float* scores, int64_t visible, int64_t n, float scale, const float* bias, float center) {
  const vf factor = splat(scale), middle = splat(center);
  vf total = {};
  int64_t j = 0;
  for (; j + kLanes <= visible; j += kLanes) {
    vf x = load(scores + j) * factor;
    if (bias) x += load(bias + j);
    const vf p = exponential_of_negative(x - middle);
    store(scores + j, p);
    total += p;
  }
  if (j < visible) {
    vf x = load(scores + j) * factor;
    if (bias) x += bias_part(bias + j, visible - j);
    const vf p = (vf)((vi)exponential_of_negative(x - middle) & lanes_before(j, visible));
    store(scores + j, p);
    total += p;
    j += kLanes;
  }
  for (; j < n; j += kLanes) store(scores + j, vf{});
  return sum_lanes(total);
}

}  // namespace
}  // namespace LM_NS
}  // namespace lemanic
