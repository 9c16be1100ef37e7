// Iteration over broadcast operands: axes that all operands walk alike are merged, the innermost run is handed out.
#pragma once
#include "engine.h"

namespace lemanic {
namespace LM_NS {
namespace {

template <int N>
struct Walk {
  int rank = 0;
  int64_t dims[kMaxRank + 1];
  int64_t strides[N][kMaxRank + 1];  // in elements; 0 where the operand is repeated

  Walk(const Tensor& out, const Tensor* operands) {
    int64_t step[N][kMaxRank];
    for (int k = 0; k < N; ++k) {
      int64_t running = 1;
      for (int axis = out.rank - 1; axis >= 0; --axis) {
        const int own = axis - (out.rank - operands[k].rank);
        const bool repeated = own < 0 || (operands[k].dims[own] == 1 && out.dims[axis] != 1);
        step[k][axis] = repeated ? 0 : running;
        if (own >= 0) running *= operands[k].dims[own];
      }
    }
    for (int axis = 0; axis < out.rank; ++axis) {
      if (out.dims[axis] == 1) continue;
      bool merge = rank > 0;
      for (int k = 0; merge && k < N; ++k) merge = strides[k][rank - 1] == step[k][axis] * out.dims[axis];
      if (!merge) {
        dims[rank] = 1;
        ++rank;
      }
      dims[rank - 1] *= out.dims[axis];
      for (int k = 0; k < N; ++k) strides[k][rank - 1] = step[k][axis];
    }
    if (rank == 0) {
      rank = 1;
      dims[0] = out.size;
      for (int k = 0; k < N; ++k) strides[k][0] = 0;
    }
  }

  LM_INLINE int64_t inner() const { return dims[rank - 1]; }
  LM_INLINE int64_t outer() const {
    int64_t count = 1;
    for (int i = 0; i + 1 < rank; ++i) count *= dims[i];
    return count;
  }
  // Offsets of the operands at run number `index` of the outer axes.
  LM_INLINE void offsets(int64_t index, int64_t* out) const {
    for (int k = 0; k < N; ++k) out[k] = 0;
    for (int axis = rank - 2; axis >= 0; --axis) {
      const int64_t at = index % dims[axis];
      index /= dims[axis];
      for (int k = 0; k < N; ++k) out[k] += at * strides[k][axis];
    }
  }
};

}  // namespace
}  // namespace LM_NS
}  // namespace lemanic
