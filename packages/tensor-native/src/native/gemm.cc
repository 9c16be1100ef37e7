// Loops around the micro-kernel after Goto and van de Geijn, "Anatomy of High-Performance Matrix Multiplication"
// (2008): a panel of B in the first cache, a block of A in the second, packed B in the third.
#include "gemm.h"

#include "pack.h"

namespace lemanic {
namespace LM_NS {
namespace {

#if LM_LANES == 16
constexpr int64_t kDepth = 384;
#else
constexpr int64_t kDepth = 256;
#endif
constexpr int64_t kRows = 10 * kTileRows;
constexpr int64_t kColumns = 4096;           // a multiple of the panel
constexpr int64_t kSerialColumns = 256;      // likewise, where B is packed by the thread that uses it
constexpr int64_t kPackedFloats = 2 << 20;   // of B at a time
constexpr int64_t kDirectRows = 12 * kTileRows;  // packing B does not pay for fewer
constexpr int64_t kSplitCells = 1 << 16;     // of the result, where a long sum is cut into pieces
constexpr int64_t kSplitPieces = 16;         // at most
constexpr int64_t kSerialWork = 1 << 19;     // multiplications that are not worth waking threads
constexpr int64_t kSharedWork = 1 << 22;     // from here on threads share packed panels

// A product and how it is formed; all of it follows from the product alone, never from the number of threads.
struct Product : Gemm {
  int64_t depth;  // of a block
  bool across;    // the result lies transposed: element (i, j) at c[j·c_stride + i], bias by i
  bool direct;    // B is read where it lies
};

Product plan(const Gemm& g) {
  Product p{};
  static_cast<Gemm&>(p) = g;
  const int64_t blocks = (g.k + kDepth - 1) / kDepth;
  p.depth = ((g.k + blocks - 1) / blocks + 7) / 8 * 8;
  // Few rows against weights [n][k]: transposing the weights would cost as much as the product. Bᵀ·Aᵀ has them as rows.
  if (g.b.row_stride == 1 && g.b.column_stride != 1 && g.m <= 2 * kPanel && g.n >= 2 * g.m && g.k >= 64) {
    p.across = true;
    p.m = g.n;
    p.n = g.m;
    p.a = {g.b.data, g.b.column_stride, g.b.row_stride, g.b.dtype};
    p.b = {g.a.data, g.a.column_stride, g.a.row_stride, g.a.dtype};
  }
  p.direct = p.b.dtype == kFloat32 && p.b.column_stride == 1 && p.m <= kDirectRows;
  return p;
}

// Rows [i0, i1) and columns [j0, j1) as a product of their own.
Product part_of(const Product& p, int64_t i0, int64_t i1, int64_t j0, int64_t j1) {
  Product part = p;
  part.m = i1 - i0;
  part.n = j1 - j0;
  part.a.data = p.a.at(i0, 0);
  part.b.data = p.b.at(0, j0);
  part.c = p.across ? p.c + j0 * p.c_stride + i0 : p.c + i0 * p.c_stride + j0;
  if (p.bias) part.bias = p.bias + (p.across ? i0 : j0);
  return part;
}

LM_INLINE size_t packed_a_bytes(const Product& p) {
  return static_cast<size_t>(block_floats(p.depth, least(kRows, p.m))) * sizeof(float);
}

// Columns [j0, j1) for the depths [k0, k0 + depth). B: panel of column j at b + (j − j0)·b_panel, its rows b_step apart.
void block(const Product& p, int64_t k0, int64_t depth, int64_t j0, int64_t j1, const float* b, int64_t b_panel,
           int64_t b_step, float* packed_a) {
  const Start start = k0 > 0 || p.accumulate ? Start::kAccumulate : p.bias ? Start::kBias : Start::kZero;
  for (int64_t i = 0; i < p.m; i += kRows) {
    const int64_t rows = least(kRows, p.m - i);
    const Block a = block_of(p.a, j1 - j0, i, k0, rows, depth, packed_a);
    for (int64_t j = j0; j < j1; j += kPanel) {
      const int64_t width = least(kPanel, j1 - j);
      const float* panel = b + (j - j0) * b_panel;
      for (int64_t r = 0, tile = 0; r < rows; r += kTileRows, ++tile) {
        const int64_t height = least(kTileRows, rows - r);
        if (j == j0 && a.step == 1 && r + kTileRows < rows) {
          expect_rows(a.data + (tile + 1) * a.tile, a.row, least(kTileRows, rows - r - kTileRows), depth);
        }
        const float* at = a.data + tile * a.tile;
        if (p.across) {
          alignas(64) float sums[kTileSpace * kPanel];
          micro_rows(height, depth, at, a.row, a.step, panel, b_step, sums, kPanel, packed_columns(width), Start::kZero,
                     nullptr);
          store_across(sums, height, width, p.c + j * p.c_stride + i + r, p.c_stride, start,
                       p.bias ? p.bias + i + r : nullptr);
        } else {
          micro_rows(height, depth, at, a.row, a.step, panel, b_step, p.c + (i + r) * p.c_stride + j, p.c_stride, width,
                     start, p.bias ? p.bias + j : nullptr);
        }
      }
    }
  }
}

// All of it on one thread.
void serial(Engine& engine, int thread, const Product& p) {
  float* packed_a = static_cast<float*>(scratch(engine, thread, 1, packed_a_bytes(p)));
  const int64_t whole = p.direct ? p.n / kPanel * kPanel : 0;
  const size_t packed_bytes =
      static_cast<size_t>(p.depth * packed_columns(least(kSerialColumns, p.n - whole))) * sizeof(float);
  float* packed_b = whole == p.n ? nullptr : static_cast<float*>(scratch(engine, thread, 0, packed_bytes));
  if (whole > 0) {
    for (int64_t k0 = 0; k0 < p.k; k0 += p.depth) {
      block(p, k0, least(p.depth, p.k - k0), 0, whole, static_cast<const float*>(p.b.at(k0, 0)), 1, p.b.row_stride,
            packed_a);
    }
  }
  for (int64_t j0 = whole; j0 < p.n; j0 += kSerialColumns) {
    const int64_t j1 = least(j0 + kSerialColumns, p.n);
    for (int64_t k0 = 0; k0 < p.k; k0 += p.depth) {
      const int64_t depth = least(p.depth, p.k - k0);
      for (int64_t j = j0; j < j1; j += kPanel) {
        pack_b(p.b, k0, j, depth, least(kPanel, j1 - j), packed_b + (j - j0) * depth);
      }
      block(p, k0, depth, j0, j1, packed_b, depth, kPanel, packed_a);
    }
  }
}

// k = 0: the sum is empty.
void empty_product(const Gemm& g) {
  if (g.accumulate) return;
  for (int64_t i = 0; i < g.m; ++i) {
    for (int64_t j = 0; j < g.n; ++j) g.c[i * g.c_stride + j] = g.bias ? g.bias[j] : 0.0f;
  }
}

// A grid of pieces with even cuts between tiles and panels.
struct Grid {
  int64_t m, n, tiles, panels, rows, columns;

  Grid(const Product& p, int64_t row_pieces, int64_t column_pieces)
      : m(p.m), n(p.n), tiles((p.m + kTileRows - 1) / kTileRows), panels((p.n + kPanel - 1) / kPanel) {
    rows = least(row_pieces < 1 ? 1 : row_pieces, tiles);
    columns = least(column_pieces < 1 ? 1 : column_pieces, panels);
  }
  LM_INLINE int64_t row(int64_t piece) const { return least(m, piece * tiles / rows * kTileRows); }
  LM_INLINE int64_t column(int64_t piece) const { return least(n, piece * panels / columns * kPanel); }
  // f(i0, i1, j0, j1, thread)
  template <class F>
  void each(Engine& engine, F f) const {
    parallel_for(engine, rows * columns, [&](int64_t piece, int thread) {
      const int64_t i = piece / columns, j = piece % columns;
      f(row(i), row(i + 1), column(j), column(j + 1), thread);
    });
  }
};

// Every piece packs what it needs itself: one loop, nothing to wait for.
void parallel_apart(Engine& engine, const Product& p) {
  const int64_t threads = thread_count(engine), panels = (p.n + kPanel - 1) / kPanel;
  const int64_t columns = least(panels, 4 * threads);
  const int64_t rows = columns >= 2 * threads ? 1 : (2 * threads + columns - 1) / columns;
  Grid(p, rows, columns).each(engine, [&](int64_t i0, int64_t i1, int64_t j0, int64_t j1, int thread) {
    serial(engine, thread, part_of(p, i0, i1, j0, j1));
  });
}

// B is packed once, by all threads; then rows (and columns, where rows are few) are shared out.
Status parallel_together(Engine& engine, const Product& p) {
  const int64_t threads = thread_count(engine);
  const int64_t columns_most = least(kColumns, packed_columns(p.n));
  // as many blocks of depth at once as memory is kept for
  int64_t chunk = kPackedFloats / columns_most / p.depth * p.depth;
  if (chunk < p.depth) chunk = p.depth;
  const Temporary packed(engine, static_cast<size_t>(least(chunk, p.k) * columns_most) * sizeof(float));
  if (!packed.data) return fail(engine, kOutOfMemory, static_cast<double>(packed.bytes));
  float* packed_b = packed.as<float>();
  int64_t rows = (p.m + kRows - 1) / kRows;
  if (rows < 4 * threads) rows = 4 * threads;
  if (rows > threads) rows = (rows + threads - 1) / threads * threads;
  for (int64_t j0 = 0; j0 < p.n; j0 += kColumns) {
    const int64_t j1 = least(j0 + kColumns, p.n), panels = (j1 - j0 + kPanel - 1) / kPanel;
    for (int64_t start = 0; start < p.k; start += chunk) {
      const int64_t end = least(start + chunk, p.k), blocks = (end - start + p.depth - 1) / p.depth;
      parallel_blocks(engine, blocks * panels, row_block(p.depth * kPanel), [&](int64_t begin, int64_t stop) {
        for (int64_t i = begin; i < stop; ++i) {
          const int64_t k0 = start + i / panels * p.depth, j = i % panels * kPanel;
          const int64_t depth = least(p.depth, end - k0);
          pack_b(p.b, k0, j0 + j, depth, least(kPanel, j1 - j0 - j),
                 packed_b + (k0 - start) * panels * kPanel + j * depth);
        }
      });
      const Product columns = part_of(p, 0, p.m, j0, j1);
      Grid grid(columns, rows, 1);
      if (grid.rows < 3 * threads) grid = Grid(columns, rows, (3 * threads + grid.rows - 1) / grid.rows);
      grid.each(engine, [&](int64_t i0, int64_t i1, int64_t from, int64_t to, int thread) {
        const Product piece = part_of(columns, i0, i1, 0, columns.n);
        float* packed_a = static_cast<float*>(scratch(engine, thread, 1, packed_a_bytes(piece)));
        for (int64_t k0 = start; k0 < end; k0 += p.depth) {
          const int64_t depth = least(p.depth, end - k0);
          block(piece, k0, depth, from, to, packed_b + (k0 - start) * panels * kPanel + from * depth, depth, kPanel,
                packed_a);
        }
      });
    }
  }
  return kOk;
}

// Small results of long sums, as the gradients of weights are: pieces of the sum apart, then their sum in order.
Status parallel_split(Engine& engine, const Product& p) {
  const int64_t blocks = (p.k + p.depth - 1) / p.depth;
  const int64_t pieces = least(blocks, kSplitPieces), cells = p.m * p.n;
  const Temporary partial(engine, static_cast<size_t>(pieces * cells) * sizeof(float));
  if (!partial.data) return fail(engine, kOutOfMemory, static_cast<double>(partial.bytes));
  float* parts = partial.as<float>();
  parallel_for(engine, pieces, [&](int64_t piece, int thread) {
    const int64_t k0 = piece * blocks / pieces * p.depth, k1 = least(p.k, (piece + 1) * blocks / pieces * p.depth);
    Product part = p;
    part.k = k1 - k0;
    part.a.data = p.a.at(0, k0);
    part.b.data = p.b.at(k0, 0);
    part.c = parts + piece * cells;
    part.c_stride = p.n;
    part.bias = nullptr;
    part.accumulate = false;
    serial(engine, thread, part);
  });
  parallel_blocks(engine, p.m, row_block(p.n * pieces), [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      for (int64_t j = 0; j < p.n; j += kLanes) {
        const int64_t n = least(kLanes, p.n - j);
        vf sum = first_lanes(parts + i * p.n + j, n);
        for (int64_t piece = 1; piece < pieces; ++piece) sum += first_lanes(parts + piece * cells + i * p.n + j, n);
        const Start start = p.accumulate ? Start::kAccumulate : p.bias ? Start::kBias : Start::kZero;
        finish(p.c + i * p.c_stride + j, sum, n, start, p.bias ? p.bias + j : nullptr);
      }
    }
  });
  return kOk;
}

}  // namespace

void gemm_serial(Engine& engine, int thread, const Gemm& g) {
  if (g.k == 0) return empty_product(g);
  if (has_few_rows(g)) return few_rows(g, 0, g.n);
  serial(engine, thread, plan(g));
}

Status gemm_parallel(Engine& engine, const Gemm& g, bool split) {
  const int64_t work = g.m * g.n * g.k;
  if (has_few_rows(g) && g.k > 0) {
    few_rows_together(engine, &g, 1);
    return kOk;
  }
  if (g.k == 0 || work < kSerialWork) {
    gemm_serial(engine, 0, g);
    return kOk;
  }
  const Product p = plan(g);
  if (split && !p.across && p.k >= 3 * kDepth && p.m * p.n <= kSplitCells && p.k >= 2 * p.m && p.k >= 2 * p.n) {
    return parallel_split(engine, p);
  }
  if (thread_count(engine) == 1) {
    serial(engine, 0, p);
    return kOk;
  }
  if (!p.direct && work >= kSharedWork) return parallel_together(engine, p);
  parallel_apart(engine, p);
  return kOk;
}

}  // namespace LM_NS
}  // namespace lemanic
