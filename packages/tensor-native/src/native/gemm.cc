// Loops around the micro-kernel after Goto and van de Geijn, "Anatomy of High-Performance Matrix Multiplication"
// (2008): a panel of B in the first cache, a block of A in the second, packed B in the third.
#include "gemm.h"

#include "micro-kernel.h"

namespace lemanic {
namespace LM_NS {
namespace {

constexpr int64_t kDepth = 256;
constexpr int64_t kRows = 96;       // a multiple of the tile's rows
constexpr int64_t kColumns = 4096;  // a multiple of the panel

LM_INLINE int64_t least(int64_t a, int64_t b) { return a < b ? a : b; }

// Element pointer of a matrix; 16-bit matrices are addressed in elements too.
LM_INLINE const void* at(const Matrix& x, int64_t i, int64_t j) {
  const int64_t offset = i * x.row_stride + j * x.column_stride;
  if (x.dtype == kFloat32) return static_cast<const float*>(x.data) + offset;
  return static_cast<const uint16_t*>(x.data) + offset;
}

LM_INLINE void widen_panel(const Matrix& b, const uint16_t* from, int64_t depth, int64_t width, float* to) {
  for (int64_t k = 0; k < depth; ++k) {
    for (int64_t j = 0; j < kPanel; ++j) {
      to[k * kPanel + j] = j < width ? widen(from[k * b.row_stride + j * b.column_stride], b.dtype) : 0.0f;
    }
  }
}

// Panel of B that starts at (k0, j0).
void pack_b(const Matrix& b, int64_t k0, int64_t j0, int64_t depth, int64_t width, float* to) {
  const void* from = at(b, k0, j0);
  if (b.dtype == kFloat32) {
    pack_panel(static_cast<const float*>(from), b.row_stride, b.column_stride, depth, width, to);
  } else {
    widen_panel(b, static_cast<const uint16_t*>(from), depth, width, to);
  }
}

// How a block of A lies when the kernel reads it: element (i, k) of tile t at data + t·tile + i·row + k·step.
struct Block {
  const float* data;
  int64_t tile, row, step;
};

constexpr int64_t kPad = 16;  // keeps packed rows out of each other's cache sets

// Columns of A are contiguous: tiles [depth][kTileRows], filled along the columns.
Block pack_columns(const Matrix& a, int64_t i0, int64_t k0, int64_t rows, int64_t depth, float* to) {
  const float* from = static_cast<const float*>(at(a, i0, k0));
  const int64_t whole = rows / kTileRows * kTileRows, rest = rows - whole;
  for (int64_t k = 0; k < depth; ++k) {
    const float* column = from + k * a.column_stride;
    float* cell = to + k * kTileRows;
    // columns are pages apart, where the processor does not look ahead by itself
    for (int64_t i = 0; i < rows; i += 16) __builtin_prefetch(column + 8 * a.column_stride + i);
    for (int64_t i = 0; i < whole; i += kTileRows) memcpy(cell + i * depth, column + i, kTileRows * sizeof(float));
    for (int64_t r = 0; r < rest; ++r) cell[whole * depth + r] = column[whole + r];
  }
  return {to, kTileRows * depth, 1, kTileRows};
}

// Rows of A are contiguous, or have to be widened: padded rows.
Block pack_rows(const Matrix& a, int64_t i0, int64_t k0, int64_t rows, int64_t depth, float* to) {
  const int64_t stride = depth + kPad;
  for (int64_t i = 0; i < rows; ++i) {
    float* row = to + i * stride;
    if (a.dtype == kFloat32 && a.column_stride == 1) {
      memcpy(row, at(a, i0 + i, k0), static_cast<size_t>(depth) * sizeof(float));
    } else if (a.dtype == kFloat32) {
      const float* from = static_cast<const float*>(at(a, i0 + i, k0));
      for (int64_t k = 0; k < depth; ++k) row[k] = from[k * a.column_stride];
    } else {
      const uint16_t* from = static_cast<const uint16_t*>(at(a, i0 + i, k0));
      for (int64_t k = 0; k < depth; ++k) row[k] = widen(from[k * a.column_stride], a.dtype);
    }
  }
  return {to, kTileRows * stride, stride, 1};
}

// A block of A, packed where that pays: where values are to be widened, columns would be strided through, or rows a
// large power of two apart would fight for the same cache sets.
LM_INLINE Block block_of(const Gemm& g, int64_t i0, int64_t k0, int64_t rows, int64_t depth, float* to) {
  if (g.a.dtype != kFloat32) return pack_rows(g.a, i0, k0, rows, depth, to);
  if (g.a.column_stride != 1 && g.n > 2 * kPanel) {
    return g.a.row_stride == 1 ? pack_columns(g.a, i0, k0, rows, depth, to) : pack_rows(g.a, i0, k0, rows, depth, to);
  }
  if (g.a.column_stride == 1 && g.a.row_stride % 512 == 0 && g.n > kPanel && rows >= kTileRows) {
    return pack_rows(g.a, i0, k0, rows, depth, to);
  }
  return {static_cast<const float*>(at(g.a, i0, k0)), kTileRows * g.a.row_stride, g.a.row_stride, g.a.column_stride};
}

// Floats of scratch memory that block_of may fill.
LM_INLINE size_t block_bytes(int64_t depth) { return static_cast<size_t>((depth + kPad) * (kRows + kTileRows)) * sizeof(float); }

// C[i0…i1)[j0…j1) for one block of depth; packed_b holds the panels from column j0 on.
void block(const Gemm& g, int64_t k0, int64_t depth, int64_t i0, int64_t i1, int64_t j0, int64_t j1,
           const float* packed_b, float* packed_a) {
  const Start start = k0 > 0 || g.accumulate ? Start::kAccumulate : g.bias ? Start::kBias : Start::kZero;
  for (int64_t i = i0; i < i1; i += kRows) {
    const int64_t rows = least(kRows, i1 - i);
    const Block a = block_of(g, i, k0, rows, depth, packed_a);
    for (int64_t j = j0; j < j1; j += kPanel) {
      const int64_t width = least(kPanel, j1 - j);
      const float* panel = packed_b + (j - j0) * depth;
      for (int64_t r = 0, tile = 0; r < rows; r += kTileRows, ++tile) {
        micro_rows(least(kTileRows, rows - r), depth, a.data + tile * a.tile, a.row, a.step, panel,
                   g.c + (i + r) * g.c_stride + j, g.c_stride, width, start, g.bias ? g.bias + j : nullptr);
      }
    }
  }
}

LM_INLINE vf load_wide(const void* data, int64_t offset, int32_t dtype) {
  if (dtype == kFloat32) return load(static_cast<const float*>(data) + offset);
  const uint16_t* from = static_cast<const uint16_t*>(data) + offset;
  float lanes[LM_LANES];
  for (int l = 0; l < LM_LANES; ++l) lanes[l] = widen(from[l], dtype);
  return load(lanes);
}
LM_INLINE float value_at(const Matrix& x, int64_t offset) {
  if (x.dtype == kFloat32) return static_cast<const float*>(x.data)[offset];
  return widen(static_cast<const uint16_t*>(x.data)[offset], x.dtype);
}

// Few rows: dot products along B's columns where those are contiguous. Columns [j0, j1).
void few_rows(const Gemm& g, int64_t j0, int64_t j1) {
  for (int64_t i = 0; i < g.m; ++i) {
    const float* a = static_cast<const float*>(g.a.data) + i * g.a.row_stride;
    for (int64_t j = j0; j < j1; ++j) {
      const int64_t column = j * g.b.column_stride;
      vf s0 = {}, s1 = {};
      int64_t k = 0;
      for (; k + 2 * kLanes <= g.k; k += 2 * kLanes) {
        s0 += load(a + k) * load_wide(g.b.data, column + k, g.b.dtype);
        s1 += load(a + k + kLanes) * load_wide(g.b.data, column + k + kLanes, g.b.dtype);
      }
      float sum = sum_lanes(s0 + s1);
      for (; k < g.k; ++k) sum += a[k] * value_at(g.b, column + k);
      float& c = g.c[i * g.c_stride + j];
      c = sum + (g.accumulate ? c : g.bias ? g.bias[j] : 0.0f);
    }
  }
}

LM_INLINE bool has_few_rows(const Gemm& g) {
  return g.m <= 3 && g.b.row_stride == 1 && g.a.column_stride == 1 && g.a.dtype == kFloat32 && g.k >= kLanes;
}

// k = 0: the sum is empty.
void empty_product(const Gemm& g) {
  if (g.accumulate) return;
  for (int64_t i = 0; i < g.m; ++i) {
    for (int64_t j = 0; j < g.n; ++j) g.c[i * g.c_stride + j] = g.bias ? g.bias[j] : 0.0f;
  }
}

}  // namespace

void gemm_serial(Engine& engine, int thread, const Gemm& g) {
  if (g.k == 0) return empty_product(g);
  if (has_few_rows(g)) return few_rows(g, 0, g.n);
  const int64_t depth_most = least(kDepth, g.k);
  constexpr int64_t columns_most = 512;
  float* packed_b = static_cast<float*>(scratch(
      engine, thread, 0, static_cast<size_t>(depth_most * packed_columns(least(columns_most, g.n))) * sizeof(float)));
  float* packed_a = static_cast<float*>(scratch(engine, thread, 1, block_bytes(depth_most)));
  for (int64_t j0 = 0; j0 < g.n; j0 += columns_most) {
    const int64_t columns = least(columns_most, g.n - j0);
    for (int64_t k0 = 0; k0 < g.k; k0 += kDepth) {
      const int64_t depth = least(kDepth, g.k - k0);
      for (int64_t j = 0; j < columns; j += kPanel) {
        pack_b(g.b, k0, j0 + j, depth, least(kPanel, columns - j), packed_b + j * depth);
      }
      block(g, k0, depth, 0, g.m, j0, j0 + columns, packed_b, packed_a);
    }
  }
}

Status gemm_parallel(Engine& engine, const Gemm& g) {
  const int threads = thread_count(engine);
  if (threads == 1 || g.m * g.n * g.k < 32768) {
    gemm_serial(engine, 0, g);
    return kOk;
  }
  if (g.k == 0) {
    empty_product(g);
    return kOk;
  }
  if (has_few_rows(g)) {
    parallel_blocks(engine, g.n, row_block(g.k), [&](int64_t begin, int64_t end) { few_rows(g, begin, end); });
    return kOk;
  }
  const int64_t columns_most = least(kColumns, packed_columns(g.n));
  const Temporary packed(engine, static_cast<size_t>(least(kDepth, g.k) * columns_most) * sizeof(float));
  if (!packed.data) return fail(engine, kOutOfMemory, static_cast<double>(packed.bytes));
  float* packed_b = packed.as<float>();
  for (int64_t j0 = 0; j0 < g.n; j0 += kColumns) {
    const int64_t columns = least(kColumns, g.n - j0);
    const int64_t panels = (columns + kPanel - 1) / kPanel;
    // enough pieces for every thread: rows first, columns where rows are few
    int64_t rows = (g.m + threads * 4 - 1) / (threads * 4);
    rows = (rows + kTileRows - 1) / kTileRows * kTileRows;
    if (rows < 4 * kTileRows) rows = 4 * kTileRows;
    if (rows > kRows) rows = kRows;
    const int64_t row_pieces = (g.m + rows - 1) / rows;
    int64_t column_pieces = row_pieces >= threads * 3 ? 1 : (threads * 3 + row_pieces - 1) / row_pieces;
    if (column_pieces > panels) column_pieces = panels;
    const int64_t piece_columns = (panels + column_pieces - 1) / column_pieces * kPanel;
    for (int64_t k0 = 0; k0 < g.k; k0 += kDepth) {
      const int64_t depth = least(kDepth, g.k - k0);
      parallel_blocks(engine, panels, row_block(depth * kPanel), [&](int64_t begin, int64_t end) {
        for (int64_t p = begin; p < end; ++p) {
          pack_b(g.b, k0, j0 + p * kPanel, depth, least(kPanel, columns - p * kPanel), packed_b + p * kPanel * depth);
        }
      });
      parallel_for(engine, row_pieces * column_pieces, [&](int64_t piece, int thread) {
        const int64_t i = piece / column_pieces * rows, j = piece % column_pieces * piece_columns;
        if (j >= columns) return;
        float* packed_a = static_cast<float*>(scratch(engine, thread, 1, block_bytes(depth)));
        block(g, k0, depth, i, least(i + rows, g.m), j0 + j, j0 + least(j + piece_columns, columns),
              packed_b + j * depth, packed_a);
      });
    }
  }
  return kOk;
}

}  // namespace LM_NS
}  // namespace lemanic
