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
// On all threads. Results do not depend on their number.
Status gemm_parallel(Engine& engine, const Gemm& gemm);

}  // namespace LM_NS
}  // namespace lemanic
