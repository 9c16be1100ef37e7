// Matrix products of any strides, blocked for the caches.
#pragma once
#include "engine.h"

namespace lemanic {
namespace LM_NS {

// Element (i, j) at data[i·row_stride + j·column_stride]; float32 or a 16-bit storage type.
struct Matrix {
  const void* data;
  int64_t row_stride;
  int64_t column_stride;
  int32_t dtype;

  // Where element (i, j) is; 16-bit matrices are addressed in elements too.
  LM_INLINE const void* at(int64_t i, int64_t j) const {
    const int64_t offset = i * row_stride + j * column_stride;
    if (dtype == kFloat32) return static_cast<const float*>(data) + offset;
    return static_cast<const uint16_t*>(data) + offset;
  }
};

// c[m][n] (+)= a[m][k]·b[k][n] (+ bias[n]); rows of c are c_stride apart.
struct Gemm {
  int64_t m, n, k;
  Matrix a, b;
  float* c;
  int64_t c_stride;
  const float* bias;
  bool accumulate;
};

// On one thread, with that thread's scratch memory (slots 0 and 1).
void gemm_serial(Engine& engine, int thread, const Gemm& gemm);
// On all threads. Results do not depend on their number. `split`: a long sum may be formed in pieces, in another order than
// gemm_serial's.
Status gemm_parallel(Engine& engine, const Gemm& gemm, bool split = true);

// Products of so few rows that reading B is all their cost.
bool has_few_rows(const Gemm& gemm);
// Their columns [j0, j1); the result of a column does not depend on the range.
void few_rows(const Gemm& gemm, int64_t j0, int64_t j1);
// Several such products in one loop over all threads: each starts while others still run.
void few_rows_together(Engine& engine, const Gemm* gemms, int count);

}  // namespace LM_NS
}  // namespace lemanic
