// Transposes a square block of vectors in registers.
#pragma once
#include "simd.h"

namespace lemanic {
namespace LM_NS {
namespace {

// r[i][j] ↔ r[j][i] for LM_LANES vectors.
LM_INLINE void transpose_lanes(vf* r) {
#if LM_LANES == 8
  vf t[8], u[8];
#pragma GCC unroll 4
  for (int i = 0; i < 8; i += 2) {
    t[i] = __builtin_shufflevector(r[i], r[i + 1], 0, 8, 1, 9, 4, 12, 5, 13);
    t[i + 1] = __builtin_shufflevector(r[i], r[i + 1], 2, 10, 3, 11, 6, 14, 7, 15);
  }
#pragma GCC unroll 2
  for (int i = 0; i < 8; i += 4) {
    u[i] = __builtin_shufflevector(t[i], t[i + 2], 0, 1, 8, 9, 4, 5, 12, 13);
    u[i + 1] = __builtin_shufflevector(t[i], t[i + 2], 2, 3, 10, 11, 6, 7, 14, 15);
    u[i + 2] = __builtin_shufflevector(t[i + 1], t[i + 3], 0, 1, 8, 9, 4, 5, 12, 13);
    u[i + 3] = __builtin_shufflevector(t[i + 1], t[i + 3], 2, 3, 10, 11, 6, 7, 14, 15);
  }
#pragma GCC unroll 4
  for (int i = 0; i < 4; ++i) {
    r[i] = __builtin_shufflevector(u[i], u[i + 4], 0, 1, 2, 3, 8, 9, 10, 11);
    r[i + 4] = __builtin_shufflevector(u[i], u[i + 4], 4, 5, 6, 7, 12, 13, 14, 15);
  }
#else
  const vf a = __builtin_shufflevector(r[0], r[1], 0, 4, 1, 5), b = __builtin_shufflevector(r[0], r[1], 2, 6, 3, 7);
  const vf c = __builtin_shufflevector(r[2], r[3], 0, 4, 1, 5), d = __builtin_shufflevector(r[2], r[3], 2, 6, 3, 7);
  r[0] = __builtin_shufflevector(a, c, 0, 1, 4, 5);
  r[1] = __builtin_shufflevector(a, c, 2, 3, 6, 7);
  r[2] = __builtin_shufflevector(b, d, 0, 1, 4, 5);
  r[3] = __builtin_shufflevector(b, d, 2, 3, 6, 7);
#endif
}

// to[j·to_stride + i] = from[i·from_stride + j] for i < rows, j < columns.
LM_INLINE void transpose_into(const float* from, int64_t from_stride, float* to, int64_t to_stride, int64_t rows,
                              int64_t columns) {
  int64_t i = 0;
  for (; i + kLanes <= rows; i += kLanes) {
    int64_t j = 0;
    for (; j + kLanes <= columns; j += kLanes) {
      vf block[LM_LANES];
#pragma GCC unroll 8
      for (int l = 0; l < LM_LANES; ++l) block[l] = load(from + (i + l) * from_stride + j);
      transpose_lanes(block);
#pragma GCC unroll 8
      for (int l = 0; l < LM_LANES; ++l) store(to + (j + l) * to_stride + i, block[l]);
    }
    for (; j < columns; ++j) {
      for (int l = 0; l < LM_LANES; ++l) to[j * to_stride + i + l] = from[(i + l) * from_stride + j];
    }
  }
  for (; i < rows; ++i) {
    for (int64_t j = 0; j < columns; ++j) to[j * to_stride + i] = from[i * from_stride + j];
  }
}

}  // namespace
}  // namespace LM_NS
}  // namespace lemanic
