// How the operands of a product are laid out for the micro-kernel.
#pragma once
#include "gemm.h"
#include "micro-kernel.h"

namespace lemanic {
namespace LM_NS {
namespace {

LM_INLINE int64_t least(int64_t a, int64_t b) { return a < b ? a : b; }

// Panel of B that starts at (k0, j0), widened.
void pack_b(const Matrix& b, int64_t k0, int64_t j0, int64_t depth, int64_t width, float* to) {
  with_type(b.at(k0, j0), b.dtype,
            [&](auto* from) { pack_panel(from, b.row_stride, b.column_stride, depth, width, to); });
}

// How a block of A lies when the kernel reads it: element (i, k) of tile t at data + t·tile + i·row + k·step.
struct Block {
  const float* data;
  int64_t tile, row, step;
};

constexpr int64_t kPad = 16;  // keeps packed rows out of each other's cache sets

// Floats of scratch memory that block_of may fill.
LM_INLINE int64_t block_floats(int64_t depth, int64_t rows) { return (depth + kPad) * (rows + kTileRows) + kPad; }

// Columns of A are contiguous: tiles [depth][kTileRows], filled along the columns. A tile's column is copied as whole vectors
// that reach into the next, which is written after it, and at last into the pad behind the tile: masked stores are slow on
// some processors.
Block pack_columns(const Matrix& a, int64_t i0, int64_t k0, int64_t rows, int64_t depth, float* to) {
  constexpr int copied = (kTileRows + kLanes - 1) / kLanes * kLanes;
  static_assert(copied - kTileRows <= kPad, "a tile's last column reaches beyond its pad");
  const float* from = static_cast<const float*>(a.at(i0, k0));
  const int64_t whole = rows / kTileRows * kTileRows, rest = rows - whole, tile = kTileRows * depth + kPad;
  for (int64_t k = 0; k < depth; ++k) {
    const float* column = from + k * a.column_stride;
    float* cell = to + k * kTileRows;
    // columns are pages apart, where the processor does not look ahead by itself
    for (int64_t i = 0; i < rows; i += 16) __builtin_prefetch(column + 8 * a.column_stride + i);
    int64_t i = 0;
    for (; i + copied <= rows; i += kTileRows, cell += tile) {
      for (int v = 0; v < copied; v += kLanes) store(cell + v, load(column + i + v));
    }
    for (; i < whole; i += kTileRows, cell += tile) memcpy(cell, column + i, kTileRows * sizeof(float));
    for (int64_t r = 0; r < rest; ++r) cell[r] = column[whole + r];
  }
  return {to, tile, 1, kTileRows};
}

template <class T>
LM_INLINE void widen_rows(const T* from, const Matrix& a, int64_t rows, int64_t depth, float* to) {
  const int64_t stride = depth + kPad;
  for (int64_t i = 0; i < rows; ++i) {
    const T* row = from + i * a.row_stride;
    float* cells = to + i * stride;
    int64_t k = 0;
    if (a.column_stride == 1) {
      for (; k + kLanes <= depth; k += kLanes) store(cells + k, load(row + k));
    }
    for (; k < depth; ++k) cells[k] = widened(row[k * a.column_stride]);
  }
}

// Rows of A are contiguous, or have to be widened: padded rows.
Block pack_rows(const Matrix& a, int64_t i0, int64_t k0, int64_t rows, int64_t depth, float* to) {
  const int64_t stride = depth + kPad;
  with_type(a.at(i0, k0), a.dtype, [&](auto* from) { widen_rows(from, a, rows, depth, to); });
  return {to, kTileRows * stride, stride, 1};
}

// A block of A for a product with n columns, packed where that pays: where values are to be widened, columns would be
// strided through, or rows a large power of two apart would fight for the same cache sets.
LM_INLINE Block block_of(const Matrix& a, int64_t n, int64_t i0, int64_t k0, int64_t rows, int64_t depth, float* to) {
  if (a.dtype != kFloat32) return pack_rows(a, i0, k0, rows, depth, to);
  if (a.column_stride != 1 && n > 2 * kPanel) {
    return a.row_stride == 1 ? pack_columns(a, i0, k0, rows, depth, to) : pack_rows(a, i0, k0, rows, depth, to);
  }
  if (a.column_stride == 1 && a.row_stride % 1024 == 0 && n > kPanel && rows >= kTileRows) {
    return pack_rows(a, i0, k0, rows, depth, to);
  }
  return {static_cast<const float*>(a.at(i0, k0)), kTileRows * a.row_stride, a.row_stride, a.column_stride};
}

// Asks for the rows of a tile of A before they are needed: there are too many, and they are too short, for the processor
// to see them coming.
LM_INLINE void expect_rows(const float* tile, int64_t row_stride, int64_t rows, int64_t depth) {
  for (int64_t i = 0; i < rows; ++i) {
    for (int64_t k = 0; k < depth; k += 16) __builtin_prefetch(tile + i * row_stride + k);
  }
}

// A tile [rows ≤ kTileRows][kPanel] of a product whose result lies transposed: element (i, j) to c[j·c_stride + i].
LM_INLINE void store_across(float* tile, int64_t rows, int64_t columns, float* c, int64_t c_stride, Start start,
                            const float* bias) {
  const vf first = bias ? first_lanes(bias, rows) : vf{};
  for (int64_t j = 0; j < columns; j += kLanes) {
    for (int64_t i = 0; i < rows; i += kLanes) {
      vf block[LM_LANES];
#pragma GCC unroll 16
      for (int l = 0; l < LM_LANES; ++l) block[l] = load(tile + (i + l) * kPanel + j);
      transpose_lanes(block);
      const int64_t n = least(kLanes, rows - i), many = least(kLanes, columns - j);
      for (int64_t l = 0; l < many; ++l) {
        float* to = c + (j + l) * c_stride + i;
        vf x = block[l];
        if (start == Start::kAccumulate) {
          x += first_lanes(to, n);
        } else if (start == Start::kBias) {
          x += i == 0 ? first : first_lanes(bias + i, n);
        }
        if (n == kLanes) {
          store(to, x);
        } else {
          store_part(to, x, n);
        }
      }
    }
  }
}

// Rows of a tile, rounded up to whole vectors.
constexpr int kTileSpace = (kTileRows + kLanes - 1) / kLanes * kLanes;

}  // namespace
}  // namespace LM_NS
}  // namespace lemanic
