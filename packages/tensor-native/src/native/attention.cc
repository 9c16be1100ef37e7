// Attention without the matrix of all scores: blocks of keys with a running maximum and sum
// (Dao et al., "FlashAttention", 2022), several key segments under one softmax.
#include "attention.h"

namespace lemanic {
namespace LM_NS {
namespace {

// One head's queries against its packed keys and values.
struct Head {
  const AttentionShape& shape;
  int64_t b, h;
  const float* packed;  // per key block: keys transposed [width][n], then values [n][width]
  int64_t block_floats;

  void run(const float* query, float* out, float* log_sums, float* work) const {
    float* scores = work;                           // [query block][kKeyBlock]
    float* sums = scores + kQueryBlock * kKeyBlock; // [query block][packed width]
    const int64_t d = shape.width, sum_stride = packed_columns(d);
    float maxima[kQueryBlock], totals[kQueryBlock];
    for (int64_t i0 = 0; i0 < shape.time; i0 += shape.query_block) {
      const int64_t rows = shape.time - i0 < shape.query_block ? shape.time - i0 : shape.query_block;
      for (int64_t r = 0; r < rows; ++r) {
        maxima[r] = -INFINITY;
        totals[r] = 0;
      }
      bool first = true;
      shape.each_key_block([&](int segment, int64_t begin, int64_t n, int64_t at, int64_t number) {
        const int64_t seen = shape.visible(segment, i0 + rows - 1, begin, n);
        if (seen == 0) return;
        const float* keys = packed + number * block_floats;
        const float* values = keys + packed_columns(n) * d;
        const int64_t columns = packed_columns(seen);
        product_packed(rows, columns, d, query + i0 * shape.query_stride(), shape.query_stride(), 1, keys, d, scores,
                       kKeyBlock, Start::kZero);
        // the rows' maxima first: they do not wait for each other
        float bests[kQueryBlock];
        for (int64_t r = 0; r < rows; ++r) {
          bests[r] = largest_score(scores + r * kKeyBlock, shape.visible(segment, i0 + r, begin, n), shape.scale,
                                   shape.bias_row(b, h, i0 + r, at));
        }
        for (int64_t r = 0; r < rows; ++r) {
          float* row = scores + r * kKeyBlock;
          const int64_t visible = shape.visible(segment, i0 + r, begin, n);
          const float* bias = shape.bias_row(b, h, i0 + r, at);
          const float before = maxima[r];
          const float center = bests[r] > before ? bests[r] : before;
          if (center == -INFINITY) {
            if (holds_nan(row, bias, visible)) {
              maxima[r] = 0;
              totals[r] = NAN;
            }
            for (int64_t j = 0; j < columns; ++j) row[j] = 0;
            continue;
          }
          const float sum = weights_of_row(row, visible, columns, shape.scale, bias, center);
          if (first || center == before) {
            totals[r] += sum;
          } else {
            const float shrink = expf(before - center);
            totals[r] = totals[r] * shrink + sum;
            const vf factor = splat(shrink);
            float* accumulated = sums + r * sum_stride;
            for (int64_t j = 0; j < sum_stride; j += kLanes) store(accumulated + j, load(accumulated + j) * factor);
          }
          maxima[r] = center;
          if (shape.rate > 0) shape.drop(row, b, h, i0 + r, at, visible);
        }
        product_packed(rows, sum_stride, seen, scores, kKeyBlock, 1, values, n, sums, sum_stride,
                       first ? Start::kZero : Start::kAccumulate);
        first = false;
      });
      for (int64_t r = 0; r < rows; ++r) {
        float* to = out + (i0 + r) * shape.query_stride();
        log_sums[i0 + r] = maxima[r] == -INFINITY ? -INFINITY : maxima[r] + logf(totals[r]);
        if (first || maxima[r] == -INFINITY) {
          for (int64_t j = 0; j < d; ++j) to[j] = 0;
          continue;
        }
        const float inverse = 1.0f / totals[r];
        for (int64_t j = 0; j < d; ++j) to[j] = sums[r * sum_stride + j] * inverse;
      }
    }
  }
};

Status attention(Call& call) {
  AttentionShape shape;
  if (Status status = shape.read(call, 0)) return status;
  if (shape.time == 1 && shape.rate == 0) return attention_of_one(call);
  const int64_t d = shape.width;
  const int64_t block_floats = kKeyBlock * d + kKeyBlock * packed_columns(d);
  const size_t packed_bytes = static_cast<size_t>(shape.key_blocks() * block_floats + 16) * sizeof(float);
  const size_t work_bytes = static_cast<size_t>(kQueryBlock * (kKeyBlock + packed_columns(d))) * sizeof(float);
  parallel_for(call.engine, shape.batch * shape.key_heads, [&](int64_t task, int thread) {
    const int64_t b = task / shape.key_heads, kh = task % shape.key_heads;
    float* packed = static_cast<float*>(scratch(call.engine, thread, 0, packed_bytes));
    float* work = static_cast<float*>(scratch(call.engine, thread, 1, work_bytes));
    shape.each_key_block([&](int segment, int64_t begin, int64_t n, int64_t, int64_t number) {
      const int64_t offset = shape.key_offset(segment, b, kh) + begin * shape.key_stride();
      float* to = packed + number * block_floats;
      pack_panels(shape.key[segment].f32() + offset, 1, shape.key_stride(), d, n, to);
      pack_panels(shape.value[segment].f32() + offset, shape.key_stride(), 1, n, d, to + packed_columns(n) * d);
    });
    for (int64_t h = kh * shape.group; h < (kh + 1) * shape.group; ++h) {
      const int64_t offset = shape.query_offset(b, h);
      Head{shape, b, h, packed, block_floats}.run(shape.query->f32() + offset, call.out[0].f32() + offset,
                                                  call.out[1].f32() + (b * shape.heads + h) * shape.time, work);
    }
  });
  return kOk;
}

}  // namespace

void register_attention(Registry& registry) { registry.add("attention", attention); }

}  // namespace LM_NS
}  // namespace lemanic
