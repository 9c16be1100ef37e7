// matmul with batch axes that broadcast, and linear: y = x·Wᵀ + b.
#include "broadcast.h"
#include "gemm.h"
#include "kernels.h"
#include "parallel.h"

namespace lemanic {
namespace LM_NS {
namespace {

LM_INLINE bool is_real(int32_t dtype) { return dtype != kInt32 && dtype != kBool; }

LM_INLINE Matrix matrix_of(const Tensor& x, bool transposed) {
  const int64_t columns = x.dim(-1);
  return transposed ? Matrix{x.data, 1, columns, x.dtype} : Matrix{x.data, columns, 1, x.dtype};
}
LM_INLINE const void* advance(const void* data, int64_t elements, int32_t dtype) {
  return static_cast<const char*>(data) + elements * (dtype == kFloat32 ? 4 : 2);
}

// attributes: transposeA, transposeB
Status matmul(Call& call) {
  const Tensor &a = call.in[0], &b = call.in[1], &c = call.out[0];
  if (!is_real(a.dtype)) return fail(call.engine, kUnsupported, 0, a.dtype);
  if (!is_real(b.dtype)) return fail(call.engine, kUnsupported, 1, b.dtype);
  if (a.rank < 2 || b.rank < 2 || c.rank < 2) return fail(call.engine, kBadCommand, 0);
  const bool transpose_a = call.word(0) != 0, transpose_b = call.word(1) != 0;
  Gemm g;
  g.m = c.dim(-2);
  g.n = c.dim(-1);
  g.k = transpose_a ? a.dim(-2) : a.dim(-1);
  g.a = matrix_of(a, transpose_a);
  g.b = matrix_of(b, transpose_b);
  g.c = c.f32();
  g.c_stride = g.n;
  g.bias = nullptr;
  g.accumulate = false;
  if ((transpose_a ? a.dim(-1) : a.dim(-2)) != g.m || (transpose_b ? b.dim(-1) : b.dim(-2)) != g.k ||
      (transpose_b ? b.dim(-2) : b.dim(-1)) != g.n) {
    return fail(call.engine, kBadCommand, 0);
  }
  if (c.size == 0) return kOk;
  const int64_t batch = c.product(0, c.rank - 2);
  const int64_t batch_b = b.product(0, b.rank - 2);
  if (batch == 1) return gemm_parallel(call.engine, g);
  if (batch_b == 1 && !transpose_a && a.product(0, a.rank - 2) == batch) {
    g.m *= batch;
    return gemm_parallel(call.engine, g);
  }
  Tensor outer = c, operands[2] = {a, b};
  outer.rank -= 2;
  outer.size = batch;
  operands[0].rank -= 2;
  operands[1].rank -= 2;
  Walk<2> walk(outer, operands);
  // offsets() leaves the innermost axis to the caller; here each of its elements is a matrix
  const int64_t inner = walk.inner();
  const int64_t size_a = static_cast<int64_t>(a.dim(-1)) * a.dim(-2), size_b = static_cast<int64_t>(b.dim(-1)) * b.dim(-2);
  auto part = [&](int64_t index) {
    int64_t offset[2];
    walk.offsets(index / inner, offset);
    const int64_t last = index % inner;
    Gemm one = g;
    one.a.data = advance(a.data, (offset[0] + last * walk.strides[0][walk.rank - 1]) * size_a, a.dtype);
    one.b.data = advance(b.data, (offset[1] + last * walk.strides[1][walk.rank - 1]) * size_b, b.dtype);
    one.c += index * g.m * g.n;
    return one;
  };
  if (batch < thread_count(call.engine) * 2 && g.m * g.n * g.k > (1 << 20)) {
    for (int64_t index = 0; index < batch; ++index) {
      if (Status status = gemm_parallel(call.engine, part(index), false)) return status;
    }
    return kOk;
  }
  parallel_for(call.engine, batch, [&](int64_t index, int thread) { gemm_serial(call.engine, thread, part(index)); });
  return kOk;
}

// y = x·weightᵀ + bias as a product; false where the shapes do not fit.
LM_INLINE bool linear_product(const Tensor& x, const Tensor& weight, const Tensor* bias, const Tensor& y, Gemm& g) {
  if (x.rank < 1 || weight.rank != 2 || weight.dims[1] != x.dim(-1) || y.dim(-1) != weight.dims[0]) return false;
  g.n = weight.dims[0];
  g.k = weight.dims[1];
  g.m = g.n ? y.size / g.n : 0;
  g.a = Matrix{x.data, g.k, 1, x.dtype};
  g.b = Matrix{weight.data, 1, g.k, weight.dtype};
  g.c = y.f32();
  g.c_stride = g.n;
  g.bias = bias ? bias->f32() : nullptr;
  g.accumulate = false;
  return true;
}

// attributes: hasBias
Status linear(Call& call) {
  const Tensor &x = call.in[0], &weight = call.in[1], &y = call.out[0];
  if (!is_real(x.dtype)) return fail(call.engine, kUnsupported, 0, x.dtype);
  if (!is_real(weight.dtype)) return fail(call.engine, kUnsupported, 1, weight.dtype);
  Gemm g;
  if (!linear_product(x, weight, call.word(0) ? &call.in[2] : nullptr, y, g)) return fail(call.engine, kBadCommand, 0);
  return y.size == 0 ? kOk : gemm_parallel(call.engine, g);
}

// Several linear layers of one x. attributes: for each, whether it has a bias.
// inputs: x, the weights, the biases that there are; outputs: one for each.
Status linears(Call& call) {
  constexpr int most = 8;
  Gemm products[most];
  const Tensor& x = call.in[0];
  const int count = call.outputs;
  if (count < 1 || count > most || call.attribute_words != count || call.inputs < 1 + count) {
    return fail(call.engine, kBadCommand, 0);
  }
  if (!is_real(x.dtype)) return fail(call.engine, kUnsupported, 0, x.dtype);
  int bias = 1 + count;
  bool few = true;
  for (int i = 0; i < count; ++i) {
    const Tensor& weight = call.in[1 + i];
    if (!is_real(weight.dtype)) return fail(call.engine, kUnsupported, 1 + i, weight.dtype);
    if (call.word(i) && bias >= call.inputs) return fail(call.engine, kBadCommand, 0);
    const Tensor* own = call.word(i) ? &call.in[bias++] : nullptr;
    if (!linear_product(x, weight, own, call.out[i], products[i])) return fail(call.engine, kBadCommand, 1 + i);
    few = few && has_few_rows(products[i]) && products[i].k > 0 && call.out[i].size > 0;
  }
  if (few) {
    few_rows_together(call.engine, products, count);
    return kOk;
  }
  for (int i = 0; i < count; ++i) {
    if (call.out[i].size == 0) continue;
    if (Status status = gemm_parallel(call.engine, products[i])) return status;
  }
  return kOk;
}

}  // namespace

void register_matmul(Registry& registry) {
  registry.add("matmul", matmul);
  registry.add("linear", linear);
  registry.add("linears", linears);
}

}  // namespace LM_NS
}  // namespace lemanic
