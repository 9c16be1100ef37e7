// The gradient of attention: scores and weights are formed again block by block from the saved log-sum-exp.
#include "attention.h"

namespace lemanic {
namespace LM_NS {
namespace {

// Per key block: keys transposed, keys, values transposed, as panels.
struct PackedKeys {
  float *keys_transposed, *keys, *values_transposed;
};
LM_INLINE PackedKeys packed_block(float* packed, int64_t number, int64_t block_floats, int64_t n, int64_t d) {
  float* at = packed + number * block_floats;
  return {at, at + packed_columns(n) * d, at + packed_columns(n) * d + n * packed_columns(d)};
}

// dscore = weight·(dweight − dot)·scale
LM_INLINE void score_gradients(float* dweights, const float* weights, int64_t n, float dot, float scale) {
  const vf center = splat(dot), factor = splat(scale);
  for (int64_t j = 0; j < n; j += kLanes) {
    store(dweights + j, load(weights + j) * (load(dweights + j) - center) * factor);
  }
}

struct HeadGradient {
  const AttentionShape& shape;
  int64_t b, h, key_head;
  float* packed;
  int64_t block_floats;
  Tensor *dkeys, *dvalues;

  void run(const float* query, const float* gradient, const float* out, const float* log_sums, float* dquery,
           float* work) const {
    const int64_t d = shape.width, stride = shape.query_stride();
    float* weights = work;                                  // [query block][kKeyBlock]
    float* dweights = weights + kQueryBlock * kKeyBlock;    // likewise
    float* queries = dweights + kQueryBlock * kKeyBlock;    // panels [query block][d]
    float* gradients = queries + kQueryBlock * packed_columns(d);
    for (int64_t i0 = 0; i0 < shape.time; i0 += shape.query_block) {
      const int64_t rows = shape.time - i0 < shape.query_block ? shape.time - i0 : shape.query_block;
      float dots[kQueryBlock];
      for (int64_t r = 0; r < rows; ++r) {
        const float *g = gradient + (i0 + r) * stride, *o = out + (i0 + r) * stride;
        vf s = {};
        int64_t j = 0;
        for (; j + kLanes <= d; j += kLanes) s += load(g + j) * load(o + j);
        float total = sum_lanes(s);
        for (; j < d; ++j) total += g[j] * o[j];
        dots[r] = total;
      }
      pack_panels(query + i0 * stride, stride, 1, rows, d, queries);
      pack_panels(gradient + i0 * stride, stride, 1, rows, d, gradients);
      bool first = true;
      shape.each_key_block([&](int segment, int64_t begin, int64_t n, int64_t at, int64_t number) {
        const int64_t seen = shape.visible(segment, i0 + rows - 1, begin, n);
        if (seen == 0) return;
        const PackedKeys block = packed_block(packed, number, block_floats, n, d);
        const int64_t columns = packed_columns(seen);
        product_packed(rows, columns, d, query + i0 * stride, stride, 1, block.keys_transposed, d, weights, kKeyBlock,
                       Start::kZero);
        product_packed(rows, columns, d, gradient + i0 * stride, stride, 1, block.values_transposed, d, dweights,
                       kKeyBlock, Start::kZero);
        for (int64_t r = 0; r < rows; ++r) {
          float* row = weights + r * kKeyBlock;
          const bool blind = log_sums[i0 + r] == -INFINITY;
          const int64_t visible = blind ? 0 : shape.visible(segment, i0 + r, begin, n);
          weights_of_row(row, visible, columns, shape.scale, shape.bias_row(b, h, i0 + r, at), log_sums[i0 + r]);
          if (shape.rate > 0) shape.drop(dweights + r * kKeyBlock, b, h, i0 + r, at, visible);
          score_gradients(dweights + r * kKeyBlock, row, columns, dots[r], shape.scale);
          if (shape.rate > 0) shape.drop(row, b, h, i0 + r, at, visible);
        }
        product_packed(rows, d, seen, dweights, kKeyBlock, 1, block.keys, n, dquery + i0 * stride, stride,
                       first ? Start::kZero : Start::kAccumulate);
        const int64_t offset = shape.key_offset(segment, b, key_head) + begin * shape.key_stride();
        product_packed(seen, d, rows, dweights, 1, kKeyBlock, queries, rows, dkeys[segment].f32() + offset,
                       shape.key_stride(), Start::kAccumulate);
        product_packed(seen, d, rows, weights, 1, kKeyBlock, gradients, rows, dvalues[segment].f32() + offset,
                       shape.key_stride(), Start::kAccumulate);
        first = false;
      });
      if (first) {
        for (int64_t r = 0; r < rows; ++r) memset(dquery + (i0 + r) * stride, 0, static_cast<size_t>(d) * sizeof(float));
      }
    }
  }
};

// inputs: gradient, out, logSumExp, query, keys…, values…, bias? → dquery, dkeys…, dvalues…
Status attention_gradient(Call& call) {
  AttentionShape shape;
  if (Status status = shape.read(call, 3)) return status;
  if (call.outputs != 1 + 2 * shape.segments) return fail(call.engine, kBadCommand, 0);
  const int64_t d = shape.width;
  for (int i = 1; i < call.outputs; ++i) {
    memset(call.out[i].data, 0, static_cast<size_t>(call.out[i].size) * sizeof(float));
  }
  const int64_t block_floats = 2 * kKeyBlock * d + kKeyBlock * packed_columns(d);
  const size_t packed_bytes = static_cast<size_t>(shape.key_blocks() * block_floats + 16) * sizeof(float);
  const size_t work_bytes = static_cast<size_t>(2 * kQueryBlock * (kKeyBlock + packed_columns(d))) * sizeof(float);
  parallel_for(call.engine, shape.batch * shape.key_heads, [&](int64_t task, int thread) {
    const int64_t b = task / shape.key_heads, kh = task % shape.key_heads;
    float* packed = static_cast<float*>(scratch(call.engine, thread, 0, packed_bytes));
    float* work = static_cast<float*>(scratch(call.engine, thread, 1, work_bytes));
    shape.each_key_block([&](int segment, int64_t begin, int64_t n, int64_t, int64_t number) {
      const int64_t offset = shape.key_offset(segment, b, kh) + begin * shape.key_stride();
      const PackedKeys block = packed_block(packed, number, block_floats, n, d);
      const float *keys = shape.key[segment].f32() + offset, *values = shape.value[segment].f32() + offset;
      pack_panels(keys, 1, shape.key_stride(), d, n, block.keys_transposed);
      pack_panels(keys, shape.key_stride(), 1, n, d, block.keys);
      pack_panels(values, 1, shape.key_stride(), d, n, block.values_transposed);
    });
    for (int64_t h = kh * shape.group; h < (kh + 1) * shape.group; ++h) {
      const int64_t offset = shape.query_offset(b, h);
      HeadGradient{shape, b, h, kh, packed, block_floats, call.out + 1, call.out + 1 + shape.segments}.run(
          shape.query->f32() + offset, call.in[0].f32() + offset, call.in[1].f32() + offset,
          call.in[2].f32() + (b * shape.heads + h) * shape.time, call.out[0].f32() + offset, work);
    }
  });
  return kOk;
}

}  // namespace

void register_attention_gradient(Registry& registry) { registry.add("attentionGradient", attention_gradient); }

}  // namespace LM_NS
}  // namespace lemanic
