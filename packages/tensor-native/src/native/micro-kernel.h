// The register-blocked heart of every product: C[rows ≤ kTileRows][kPanel columns] (+)= A·B, B in panels of kPanel columns.
#pragma once
#include "transpose-block.h"

namespace lemanic {
namespace LM_NS {
namespace {

// Two vectors a row: 24 sums in AVX-512's 32 registers, 12 in the 16 of the others. Of WebAssembly's 16 V8 keeps one, and
// a tile of 6 rows would live in memory.
#if LM_LANES == 16
constexpr int kTileRows = 12;
#elif defined(__wasm__)
constexpr int kTileRows = 4;
#else
constexpr int kTileRows = 6;
#endif
constexpr int kPanel = 2 * LM_LANES;

enum class Start { kZero, kBias, kAccumulate };

// The sum of one vector of C with what it starts from, written to its first n columns.
LM_INLINE void finish(float* c, vf sum, int64_t n, Start start, const float* bias) {
  if (start == Start::kAccumulate) {
    sum += first_lanes(c, n);
  } else if (start == Start::kBias) {
    sum += first_lanes(bias, n);
  }
  if (n >= kLanes) {
    store(c, sum);
  } else {
    store_part(c, sum, n);
  }
}

// a: element (i, k) at a[i·row_stride + k·step]; b: row k of the panel at b[k·b_step]; `columns` ≤ Vectors·kLanes of C are
// written.
template <int Rows, int Vectors>
__attribute__((noinline)) void micro_kernel(int64_t depth, const float* a, int64_t row_stride, int64_t step,
                                            const float* b, int64_t b_step, float* c, int64_t c_stride, int64_t columns,
                                            Start start, const float* bias) {
  vf sum[Rows][Vectors];
#pragma GCC unroll 12
  for (int i = 0; i < Rows; ++i) {
#pragma GCC unroll 2
    for (int v = 0; v < Vectors; ++v) sum[i][v] = vf{};
  }
  // a pointer for three rows each: three offsets of one register are what an address can hold
  const float *a0 = a, *a1 = a + 3 * row_stride, *a2 = a + 6 * row_stride, *a3 = a + 9 * row_stride;
  for (int64_t k = 0; k < depth; ++k) {
    vf right[Vectors];
#pragma GCC unroll 2
    for (int v = 0; v < Vectors; ++v) right[v] = load(b + v * kLanes);
    b += b_step;
#pragma GCC unroll 12
    for (int i = 0; i < Rows; ++i) {
      const float* row = i < 3 ? a0 : i < 6 ? a1 : i < 9 ? a2 : a3;
      const vf x = splat(row[i % 3 * row_stride]);
#pragma GCC unroll 2
      for (int v = 0; v < Vectors; ++v) sum[i][v] += x * right[v];
    }
    a0 += step;
    if (Rows > 3) a1 += step;
    if (Rows > 6) a2 += step;
    if (Rows > 9) a3 += step;
  }
#pragma GCC unroll 12
  for (int i = 0; i < Rows; ++i) {
    float* row = c + i * c_stride;
#pragma GCC unroll 2
    for (int v = 0; v < Vectors; ++v) {
      finish(row + v * kLanes, sum[i][v], columns - v * kLanes, start, bias ? bias + v * kLanes : bias);
    }
  }
}

template <int Rows>
LM_INLINE void micro_rows_of(int64_t rows, int64_t depth, const float* a, int64_t row_stride, int64_t step,
                             const float* b, int64_t b_step, float* c, int64_t c_stride, int64_t columns, Start start,
                             const float* bias) {
  if constexpr (Rows > 1) {
    if (rows < Rows) {
      return micro_rows_of<Rows - 1>(rows, depth, a, row_stride, step, b, b_step, c, c_stride, columns, start, bias);
    }
  }
  if (columns > kLanes) {
    micro_kernel<Rows, 2>(depth, a, row_stride, step, b, b_step, c, c_stride, columns, start, bias);
  } else {
    micro_kernel<Rows, 1>(depth, a, row_stride, step, b, b_step, c, c_stride, columns, start, bias);
  }
}

LM_INLINE void micro_rows(int64_t rows, int64_t depth, const float* a, int64_t row_stride, int64_t step, const float* b,
                          int64_t b_step, float* c, int64_t c_stride, int64_t columns, Start start, const float* bias) {
  micro_rows_of<kTileRows>(rows, depth, a, row_stride, step, b, b_step, c, c_stride, columns, start, bias);
}

// Whole product of a small A with packed panels (panel p at packed + p·panel_depth·kPanel, panel_depth ≥ depth).
LM_INLINE void product_packed(int64_t rows, int64_t columns, int64_t depth, const float* a, int64_t row_stride,
                              int64_t step, const float* packed, int64_t panel_depth, float* c, int64_t c_stride,
                              Start start) {
  for (int64_t j = 0; j < columns; j += kPanel) {
    const int64_t width = columns - j < kPanel ? columns - j : kPanel;
    for (int64_t i = 0; i < rows; i += kTileRows) {
      const int64_t height = rows - i < kTileRows ? rows - i : kTileRows;
      micro_rows(height, depth, a + i * row_stride, row_stride, step, packed + j * panel_depth, kPanel,
                 c + i * c_stride + j, c_stride, width, start, nullptr);
    }
  }
}

LM_INLINE int64_t packed_columns(int64_t columns) { return (columns + kPanel - 1) / kPanel * kPanel; }

// One panel [depth][kPanel] of B (element (k, j) at b[k·row_stride + j·column_stride]), zeros beyond `width`.
template <class T>
LM_INLINE void pack_panel(const T* b, int64_t row_stride, int64_t column_stride, int64_t depth, int64_t width,
                          float* to) {
  if (column_stride == 1) {
    for (int64_t k = 0; k < depth; ++k) {
      store(to + k * kPanel, first_lanes(b + k * row_stride, width));
      store(to + k * kPanel + kLanes, width > kLanes ? first_lanes(b + k * row_stride + kLanes, width - kLanes) : vf{});
    }
    return;
  }
  if (row_stride == 1) {
    transpose_into(b, column_stride, to, kPanel, width, depth);
  } else {
    for (int64_t k = 0; k < depth; ++k) {
      for (int64_t j = 0; j < width; ++j) to[k * kPanel + j] = widened(b[k * row_stride + j * column_stride]);
    }
  }
  if (width < kPanel) {
    for (int64_t k = 0; k < depth; ++k) {
      for (int64_t j = width; j < kPanel; ++j) to[k * kPanel + j] = 0;
    }
  }
}

// All panels of a small B.
LM_INLINE void pack_panels(const float* b, int64_t row_stride, int64_t column_stride, int64_t depth, int64_t columns,
                           float* to) {
  for (int64_t j = 0; j < columns; j += kPanel) {
    const int64_t width = columns - j < kPanel ? columns - j : kPanel;
    pack_panel(b + j * column_stride, row_stride, column_stride, depth, width, to + j * depth);
  }
}

}  // namespace
}  // namespace LM_NS
}  // namespace lemanic
