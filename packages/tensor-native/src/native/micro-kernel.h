// The register-blocked heart of every product: C[rows ≤ 6][16 lanes·…] (+)= A·B with B packed in panels of kPanel columns.
#pragma once
#include "half.h"
#include "transpose-block.h"

namespace lemanic {
namespace LM_NS {
namespace {

#ifdef __wasm__
// 4 × 8: of 16 registers V8 keeps one, and a tile of 6 rows would live in memory.
constexpr int kTileRows = 4;
#else
constexpr int kTileRows = 6;
#endif
constexpr int kPanel = 2 * LM_LANES;

enum class Start { kZero, kBias, kAccumulate };

// a: element (i, k) at a[i·row_stride + k·step]; b: one panel [depth][kPanel]; columns ≤ kPanel are written.
template <int Rows>
__attribute__((noinline)) void micro_kernel(int64_t depth, const float* a, int64_t row_stride, int64_t step,
                                            const float* b, float* c, int64_t c_stride, int64_t columns, Start start,
                                            const float* bias) {
  vf sum[Rows][2];
#pragma GCC unroll 6
  for (int i = 0; i < Rows; ++i) {
    sum[i][0] = vf{};
    sum[i][1] = vf{};
  }
  const float* a3 = a + 3 * row_stride;
  for (int64_t k = 0; k < depth; ++k) {
    const vf b0 = load(b), b1 = load(b + kLanes);
    b += kPanel;
#pragma GCC unroll 6
    for (int i = 0; i < Rows; ++i) {
      const vf x = splat(i < 3 ? a[i * row_stride] : a3[(i - 3) * row_stride]);
      sum[i][0] += x * b0;
      sum[i][1] += x * b1;
    }
    a += step;
    a3 += step;
  }
  if (columns == kPanel) {
#pragma GCC unroll 6
    for (int i = 0; i < Rows; ++i) {
      float* row = c + i * c_stride;
      if (start == Start::kAccumulate) {
        sum[i][0] += load(row);
        sum[i][1] += load(row + kLanes);
      } else if (start == Start::kBias) {
        sum[i][0] += load(bias);
        sum[i][1] += load(bias + kLanes);
      }
      store(row, sum[i][0]);
      store(row + kLanes, sum[i][1]);
    }
    return;
  }
  float tile[Rows][kPanel];
#pragma GCC unroll 6
  for (int i = 0; i < Rows; ++i) {
    store(tile[i], sum[i][0]);
    store(tile[i] + kLanes, sum[i][1]);
  }
  for (int i = 0; i < Rows; ++i) {
    float* row = c + i * c_stride;
    for (int64_t j = 0; j < columns; ++j) {
      const float before = start == Start::kAccumulate ? row[j] : start == Start::kBias ? bias[j] : 0.0f;
      row[j] = tile[i][j] + before;
    }
  }
}

LM_INLINE void micro_rows(int64_t rows, int64_t depth, const float* a, int64_t row_stride, int64_t step, const float* b,
                          float* c, int64_t c_stride, int64_t columns, Start start, const float* bias) {
  switch (rows) {
#ifndef __wasm__
    case 6:
      return micro_kernel<6>(depth, a, row_stride, step, b, c, c_stride, columns, start, bias);
    case 5:
      return micro_kernel<5>(depth, a, row_stride, step, b, c, c_stride, columns, start, bias);
#endif
    case 4:
      return micro_kernel<4>(depth, a, row_stride, step, b, c, c_stride, columns, start, bias);
    case 3:
      return micro_kernel<3>(depth, a, row_stride, step, b, c, c_stride, columns, start, bias);
    case 2:
      return micro_kernel<2>(depth, a, row_stride, step, b, c, c_stride, columns, start, bias);
    default:
      return micro_kernel<1>(depth, a, row_stride, step, b, c, c_stride, columns, start, bias);
  }
}

// Whole product of a small A with packed panels (panel p at packed + p·panel_depth·kPanel, panel_depth ≥ depth).
LM_INLINE void product_packed(int64_t rows, int64_t columns, int64_t depth, const float* a, int64_t row_stride,
                              int64_t step, const float* packed, int64_t panel_depth, float* c, int64_t c_stride,
                              Start start) {
  for (int64_t j = 0; j < columns; j += kPanel) {
    const int64_t width = columns - j < kPanel ? columns - j : kPanel;
    for (int64_t i = 0; i < rows; i += kTileRows) {
      const int64_t height = rows - i < kTileRows ? rows - i : kTileRows;
      micro_rows(height, depth, a + i * row_stride, row_stride, step, packed + j * panel_depth, c + i * c_stride + j,
                 c_stride, width, start, nullptr);
    }
  }
}

LM_INLINE int64_t packed_columns(int64_t columns) { return (columns + kPanel - 1) / kPanel * kPanel; }

// One panel [depth][kPanel] of B (element (k, j) at b[k·row_stride + j·column_stride]), zeros beyond `width`.
LM_INLINE void pack_panel(const float* b, int64_t row_stride, int64_t column_stride, int64_t depth, int64_t width,
                          float* to) {
  if (column_stride == 1 && width == kPanel) {
    for (int64_t k = 0; k < depth; ++k) {
      store(to + k * kPanel, load(b + k * row_stride));
      store(to + k * kPanel + kLanes, load(b + k * row_stride + kLanes));
    }
    return;
  }
  if (row_stride == 1) {
    transpose_into(b, column_stride, to, kPanel, width, depth);
  } else {
    for (int64_t k = 0; k < depth; ++k) {
      for (int64_t j = 0; j < width; ++j) to[k * kPanel + j] = b[k * row_stride + j * column_stride];
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
