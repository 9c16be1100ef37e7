// Products of one to four rows, as in decoding: every number of B is read once, widened on the way where it is stored in
// 16 bits, so that memory sets the speed.
#include "gemm.h"
#include "wide.h"

namespace lemanic {
namespace LM_NS {
namespace {

constexpr int64_t kFewRows = 4;
constexpr int64_t kPiecesEach = 8;

LM_INLINE void put(const Gemm& g, int64_t i, int64_t j, float sum) {
  float& c = g.c[i * g.c_stride + j];
  c = sum + (g.accumulate ? c : g.bias ? g.bias[j] : 0.0f);
}

// Adds to the sums what whole pairs of vectors give; returns where they end. Widening 16-bit numbers two vectors at a time
// takes a shift and a mask instead of a permutation each: of float32 there is nothing to gain.
template <int Rows, int Columns, class T>
LM_INLINE int64_t add_pairs(const Gemm&, const T* const*, vf (&)[Rows][Columns]) {
  return 0;
}
template <int Rows, int Columns>
LM_INLINE int64_t add_pairs(const Gemm& g, const Bfloat* const* column, vf (&sum)[Rows][Columns]) {
  const float* a = static_cast<const float*>(g.a.data);
  int64_t k = 0;
  for (; k + 2 * kLanes <= g.k; k += 2 * kLanes) {
    vf even[Rows], odd[Rows];
#pragma GCC unroll 4
    for (int i = 0; i < Rows; ++i) {
      const float* row = a + i * g.a.row_stride + k;
      split_pairs(load(row), load(row + kLanes), even[i], odd[i]);
    }
#pragma GCC unroll 8
    for (int q = 0; q < Columns; ++q) {
      const vi both = load_pairs(column[q] + k);
      const vf low = (vf)(both << 16), high = (vf)(both & splat(static_cast<int32_t>(0xffff0000u)));
#pragma GCC unroll 4
      for (int i = 0; i < Rows; ++i) sum[i][q] += even[i] * low + odd[i] * high;
    }
  }
  return k;
}

// B's columns are contiguous (weights [n][k]): dot products, `Columns` of them at a time.
template <int Rows, int Columns, class T>
LM_INLINE void dots(const Gemm& g, const T* b, int64_t j) {
  const float* a = static_cast<const float*>(g.a.data);
  const T* column[Columns];
  for (int q = 0; q < Columns; ++q) column[q] = b + (j + q) * g.b.column_stride;
  vf sum[Rows][Columns] = {};
  int64_t k = add_pairs<Rows, Columns>(g, column, sum);
  for (; k + kLanes <= g.k; k += kLanes) {
    vf left[Rows];
#pragma GCC unroll 4
    for (int i = 0; i < Rows; ++i) left[i] = load(a + i * g.a.row_stride + k);
#pragma GCC unroll 8
    for (int q = 0; q < Columns; ++q) {
      const vf right = load(column[q] + k);
#pragma GCC unroll 4
      for (int i = 0; i < Rows; ++i) sum[i][q] += left[i] * right;
    }
  }
#pragma GCC unroll 8
  for (int q = 0; q < Columns; ++q) {
#pragma GCC unroll 4
    for (int i = 0; i < Rows; ++i) {
      float total = sum_lanes(sum[i][q]);
      for (int64_t l = k; l < g.k; ++l) total += a[i * g.a.row_stride + l] * widened(column[q][l]);
      put(g, i, j + q, total);
    }
  }
}

template <int Rows, class T>
__attribute__((noinline)) void all_dots(const Gemm& g, const T* b, int64_t j0, int64_t j1) {
  constexpr int columns = Rows == 1 ? 8 : Rows == 2 || LM_LANES == 16 ? 4 : 2;
  int64_t j = j0;
  for (; j + columns <= j1; j += columns) dots<Rows, columns>(g, b, j);
  for (; j < j1; ++j) dots<Rows, 1>(g, b, j);
}

// B's rows are contiguous: a strip of columns gathers all rows of B.
template <int Rows, int Vectors, class T>
LM_INLINE void strip(const Gemm& g, const T* b, int64_t j, int64_t width) {
  const float* a = static_cast<const float*>(g.a.data);
  vf sum[Rows][Vectors] = {};
  for (int64_t k = 0; k < g.k; ++k) {
    const T* row = b + k * g.b.row_stride + j;
    vf left[Rows];
#pragma GCC unroll 4
    for (int i = 0; i < Rows; ++i) left[i] = splat(a[i * g.a.row_stride + k * g.a.column_stride]);
#pragma GCC unroll 8
    for (int v = 0; v < Vectors; ++v) {
      const vf right = Vectors > 1 ? load(row + v * kLanes) : first_lanes(row, width);
#pragma GCC unroll 4
      for (int i = 0; i < Rows; ++i) sum[i][v] += left[i] * right;
    }
  }
#pragma GCC unroll 4
  for (int i = 0; i < Rows; ++i) {
#pragma GCC unroll 8
    for (int v = 0; v < Vectors; ++v) {
      const int64_t at = j + v * kLanes, n = j + width - at < kLanes ? j + width - at : kLanes;
      vf total = sum[i][v];
      if (g.accumulate) {
        total += first_lanes(g.c + i * g.c_stride + at, n);
      } else if (g.bias) {
        total += first_lanes(g.bias + at, n);
      }
      if (n == kLanes) {
        store(g.c + i * g.c_stride + at, total);
      } else {
        store_part(g.c + i * g.c_stride + at, total, n);
      }
    }
  }
}

template <int Rows, class T>
__attribute__((noinline)) void all_strips(const Gemm& g, const T* b, int64_t j0, int64_t j1) {
  constexpr int vectors = Rows == 1 ? 8 : Rows == 2 || LM_LANES == 16 ? 4 : 2;
  int64_t j = j0;
  for (; j + vectors * kLanes <= j1; j += vectors * kLanes) strip<Rows, vectors>(g, b, j, vectors * kLanes);
  for (; j < j1; j += kLanes) strip<Rows, 1>(g, b, j, j1 - j < kLanes ? j1 - j : kLanes);
}

template <class T>
LM_INLINE void of_type(const Gemm& g, const T* b, int64_t j0, int64_t j1) {
  const bool columns = g.b.row_stride == 1;
  switch (g.m) {
    case 1:
      return columns ? all_dots<1>(g, b, j0, j1) : all_strips<1>(g, b, j0, j1);
    case 2:
      return columns ? all_dots<2>(g, b, j0, j1) : all_strips<2>(g, b, j0, j1);
    case 3:
      return columns ? all_dots<3>(g, b, j0, j1) : all_strips<3>(g, b, j0, j1);
    default:
      return columns ? all_dots<4>(g, b, j0, j1) : all_strips<4>(g, b, j0, j1);
  }
}

}  // namespace

bool has_few_rows(const Gemm& g) {
  if (g.m > kFewRows || g.a.dtype != kFloat32) return false;
  if (g.b.row_stride == 1) return g.a.column_stride == 1 && g.k >= kLanes;
  return g.b.column_stride == 1;
}

void few_rows(const Gemm& g, int64_t j0, int64_t j1) {
  with_type(g.b.data, g.b.dtype, [&](auto* b) { of_type(g, b, j0, j1); });
}

void few_rows_together(Engine& engine, const Gemm* gemms, int count) {
  int64_t columns = 0;
  for (int i = 0; i < count; ++i) columns += gemms[i].n;
  // pieces that are worth a look at the shares, and enough of them that no thread waits long for another
  const int64_t even = columns / (kPiecesEach * thread_count(engine)) + 1;
  auto piece = [&](const Gemm& g) {
    const int64_t unit = g.b.row_stride == 1 ? 8 : 8 * kLanes;  // what the kernels take at once
    const int64_t least = row_block(g.k);
    return ((even > least ? even : least) + unit - 1) / unit * unit;
  };
  int64_t pieces = 0;
  for (int i = 0; i < count; ++i) pieces += (gemms[i].n + piece(gemms[i]) - 1) / piece(gemms[i]);
  parallel_for(engine, pieces, [&](int64_t index, int) {
    for (int i = 0; i < count; ++i) {
      const Gemm& g = gemms[i];
      const int64_t width = piece(g), own = (g.n + width - 1) / width;
      if (index < own) return few_rows(g, index * width, index * width + width < g.n ? index * width + width : g.n);
      index -= own;
    }
  });
}

}  // namespace LM_NS
}  // namespace lemanic
