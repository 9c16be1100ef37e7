// Data movement: transpose, broadcastTo, slice and its gradient, pad, flip, concat. Kernels move 1-, 2- or 4-byte cells.
#include "broadcast.h"
#include "half.h"
#include "transpose-block.h"

namespace lemanic {
namespace LM_NS {
namespace {

LM_INLINE int width_of(const Tensor& x) { return x.dtype == kBool ? 1 : x.dtype >= kBfloat16 ? 2 : 4; }

template <class T>
struct Cell {
  using Type = T;
};

// Calls f with the cell type.
template <class F>
LM_INLINE Status by_width(const Tensor& x, F f) {
  switch (width_of(x)) {
    case 1:
      return f(Cell<uint8_t>{});
    case 2:
      return f(Cell<uint16_t>{});
    default:
      return f(Cell<uint32_t>{});
  }
}

// y is dense; x is walked with the given strides (elements) from x on.
template <class T>
void gather_strided(Engine& engine, const T* x, T* y, int rank, const int64_t* dims, const int64_t* strides) {
  if (rank == 0) {
    *y = *x;
    return;
  }
  int64_t outer = 1;
  for (int i = 0; i + 1 < rank; ++i) outer *= dims[i];
  const int64_t inner = dims[rank - 1], step = strides[rank - 1];
  parallel_blocks(engine, outer, row_block(inner), [&](int64_t begin, int64_t end) {
    int64_t index[kMaxRank] = {};
    int64_t offset = 0, rest = begin;
    for (int axis = rank - 2; axis >= 0; --axis) {
      index[axis] = rest % dims[axis];
      rest /= dims[axis];
      offset += index[axis] * strides[axis];
    }
    for (int64_t row = begin; row < end; ++row) {
      T* to = y + row * inner;
      const T* from = x + offset;
      if (step == 1) {
        memcpy(to, from, static_cast<size_t>(inner) * sizeof(T));
      } else if (step == 0) {
        const T value = *from;
        for (int64_t i = 0; i < inner; ++i) to[i] = value;
      } else {
        for (int64_t i = 0; i < inner; ++i) to[i] = from[i * step];
      }
      for (int axis = rank - 2; axis >= 0; --axis) {
        offset += strides[axis];
        if (++index[axis] < dims[axis]) break;
        offset -= strides[axis] * dims[axis];
        index[axis] = 0;
      }
    }
  });
}

LM_INLINE void dense_strides(const Tensor& x, int64_t* strides) {
  int64_t running = 1;
  for (int axis = x.rank - 1; axis >= 0; --axis) {
    strides[axis] = running;
    running *= x.dims[axis];
  }
}

// attributes: permutation
Status transpose(Call& call) {
  const Tensor &x = call.in[0], &y = call.out[0];
  if (y.size == 0) return kOk;
  int64_t own[kMaxRank];
  dense_strides(x, own);
  // merged axes of the output
  int64_t dims[kMaxRank], strides[kMaxRank];
  int rank = 0;
  for (int axis = 0; axis < y.rank; ++axis) {
    const int from = call.word(axis);
    if (from < 0 || from >= x.rank) return fail(call.engine, kBadCommand, axis);
    if (y.dims[axis] == 1) continue;
    if (rank > 0 && strides[rank - 1] == own[from] * y.dims[axis]) {
      dims[rank - 1] *= y.dims[axis];
      strides[rank - 1] = own[from];
    } else {
      dims[rank] = y.dims[axis];
      strides[rank++] = own[from];
    }
  }
  // [batch…, rows, columns] whose rows are contiguous in x: blocks in registers
  if (width_of(x) == 4 && rank >= 2 && strides[rank - 1] != 1 && strides[rank - 2] == 1) {
    const int64_t rows = dims[rank - 2], columns = dims[rank - 1], step = strides[rank - 1];
    int64_t batches = 1;
    for (int i = 0; i + 2 < rank; ++i) batches *= dims[i];
    constexpr int64_t band = 64;
    const int64_t bands = (rows + band - 1) / band;
    parallel_for(call.engine, batches * bands, [&](int64_t piece, int) {
      int64_t rest = piece / bands, offset = 0;
      for (int axis = rank - 3; axis >= 0; --axis) {
        offset += rest % dims[axis] * strides[axis];
        rest /= dims[axis];
      }
      const int64_t r = piece % bands * band, count = rows - r < band ? rows - r : band;
      transpose_into(x.f32() + offset + r, step, y.f32() + (piece / bands * rows + r) * columns, columns, columns, count);
    });
    return kOk;
  }
  return by_width(x, [&](auto cell) {
    using T = typename decltype(cell)::Type;
    gather_strided(call.engine, static_cast<const T*>(x.data), static_cast<T*>(y.data), rank, dims, strides);
    return kOk;
  });
}

Status broadcast_to(Call& call) {
  const Tensor &x = call.in[0], &y = call.out[0];
  if (y.size == 0) return kOk;
  const Walk<1> walk(y, call.in);
  return by_width(x, [&](auto cell) {
    using T = typename decltype(cell)::Type;
    gather_strided(call.engine, static_cast<const T*>(x.data), static_cast<T*>(y.data), walk.rank, walk.dims,
                   walk.strides[0]);
    return kOk;
  });
}

// attributes: begin…, strides…
Status slice(Call& call) {
  const Tensor &x = call.in[0], &y = call.out[0];
  if (y.size == 0) return kOk;
  int64_t own[kMaxRank], dims[kMaxRank], strides[kMaxRank];
  dense_strides(x, own);
  int64_t offset = 0;
  for (int axis = 0; axis < x.rank; ++axis) {
    const int64_t begin = call.word(axis), step = call.word(x.rank + axis);
    if (begin < 0 || step < 1 || begin + (y.dims[axis] - 1) * step >= x.dims[axis]) {
      return fail(call.engine, kIndexOutOfRange, static_cast<double>(begin + (y.dims[axis] - 1) * step), x.dims[axis], axis);
    }
    offset += begin * own[axis];
  }
  int rank = 0;
  for (int axis = 0; axis < x.rank; ++axis) {
    const int64_t stride = own[axis] * call.word(x.rank + axis);
    if (y.dims[axis] == 1) continue;
    if (rank > 0 && strides[rank - 1] == stride * y.dims[axis]) {
      dims[rank - 1] *= y.dims[axis];
      strides[rank - 1] = stride;
    } else {
      dims[rank] = y.dims[axis];
      strides[rank++] = stride;
    }
  }
  return by_width(x, [&](auto cell) {
    using T = typename decltype(cell)::Type;
    gather_strided(call.engine, static_cast<const T*>(x.data) + offset, static_cast<T*>(y.data), rank, dims, strides);
    return kOk;
  });
}

// Writes the dense x into y with strides; rows of the innermost axis at a time.
template <class T>
void scatter_strided(const T* x, T* y, int rank, const int64_t* dims, const int64_t* strides) {
  if (rank == 0) {
    *y = *x;
    return;
  }
  int64_t outer = 1;
  for (int i = 0; i + 1 < rank; ++i) outer *= dims[i];
  const int64_t inner = dims[rank - 1], step = strides[rank - 1];
  int64_t index[kMaxRank] = {};
  int64_t offset = 0;
  for (int64_t row = 0; row < outer; ++row) {
    const T* from = x + row * inner;
    T* to = y + offset;
    if (step == 1) {
      memcpy(to, from, static_cast<size_t>(inner) * sizeof(T));
    } else {
      for (int64_t i = 0; i < inner; ++i) to[i * step] = from[i];
    }
    for (int axis = rank - 2; axis >= 0; --axis) {
      offset += strides[axis];
      if (++index[axis] < dims[axis]) break;
      offset -= strides[axis] * dims[axis];
      index[axis] = 0;
    }
  }
}

// Places x at `begin` with steps in y, which already holds the background.
Status place(Call& call, const int32_t* begin, const int32_t* steps) {
  const Tensor &x = call.in[0], &y = call.out[0];
  if (x.size == 0) return kOk;
  int64_t own[kMaxRank], dims[kMaxRank], strides[kMaxRank];
  dense_strides(y, own);
  int64_t offset = 0;
  for (int axis = 0; axis < y.rank; ++axis) {
    const int64_t step = steps ? steps[axis] : 1;
    if (begin[axis] < 0 || step < 1 || begin[axis] + (x.dims[axis] - 1) * step >= y.dims[axis]) {
      return fail(call.engine, kIndexOutOfRange, static_cast<double>(begin[axis] + (x.dims[axis] - 1) * step),
                  y.dims[axis], axis);
    }
    offset += begin[axis] * own[axis];
    dims[axis] = x.dims[axis];
    strides[axis] = own[axis] * step;
  }
  return by_width(x, [&](auto cell) {
    using T = typename decltype(cell)::Type;
    scatter_strided(static_cast<const T*>(x.data), static_cast<T*>(y.data) + offset, y.rank, dims, strides);
    return kOk;
  });
}

// attributes: begin…, strides…
Status slice_gradient(Call& call) {
  const Tensor& y = call.out[0];
  memset(y.data, 0, static_cast<size_t>(y.size) * static_cast<size_t>(width_of(y)));
  return place(call, call.attributes, call.attributes + y.rank);
}

// attributes: value (float64), before…
Status pad(Call& call) {
  const Tensor& y = call.out[0];
  const double value = call.number(0);
  if (y.dtype == kFloat32) {
    for (int64_t i = 0; i < y.size; ++i) y.f32()[i] = static_cast<float>(value);
  } else if (y.dtype == kInt32) {
    for (int64_t i = 0; i < y.size; ++i) y.i32()[i] = static_cast<int32_t>(value);
  } else if (y.dtype == kBool) {
    memset(y.data, value != 0, static_cast<size_t>(y.size));
  } else {
    const float single = static_cast<float>(value);
    const uint16_t cell = y.dtype == kBfloat16 ? to_bfloat16(single) : to_float16(single);
    for (int64_t i = 0; i < y.size; ++i) y.u16()[i] = cell;
  }
  return place(call, call.attributes + 2, nullptr);
}

// attributes: bit mask of the axes
Status flip(Call& call) {
  const Tensor &x = call.in[0], &y = call.out[0];
  if (y.size == 0) return kOk;
  int64_t strides[kMaxRank], dims[kMaxRank], offset = 0;
  dense_strides(x, strides);
  for (int axis = 0; axis < x.rank; ++axis) {
    dims[axis] = x.dims[axis];
    if ((call.word(0) >> axis) & 1) {
      offset += (x.dims[axis] - 1) * strides[axis];
      strides[axis] = -strides[axis];
    }
  }
  return by_width(x, [&](auto cell) {
    using T = typename decltype(cell)::Type;
    gather_strided(call.engine, static_cast<const T*>(x.data) + offset, static_cast<T*>(y.data), x.rank, dims, strides);
    return kOk;
  });
}

// attributes: axis
Status concat(Call& call) {
  const Tensor& y = call.out[0];
  const int axis = call.word(0);
  if (axis < 0 || axis >= y.rank) return fail(call.engine, kBadCommand, 0);
  const size_t width = static_cast<size_t>(width_of(y));
  const int64_t outer = y.product(0, axis), inner = y.product(axis + 1, y.rank);
  int64_t total = 0;
  for (int i = 0; i < call.inputs; ++i) total += call.in[i].dims[axis];
  if (total != y.dims[axis]) return fail(call.engine, kBadCommand, 0);
  int64_t at = 0;
  for (int i = 0; i < call.inputs; ++i) {
    const Tensor& x = call.in[i];
    const int64_t run = x.dims[axis] * inner;
    if (x.size != outer * run) return fail(call.engine, kBadCommand, i);
    const char* from = static_cast<const char*>(x.data);
    char* to = static_cast<char*>(y.data) + static_cast<size_t>(at * inner) * width;
    const int64_t stride = y.dims[axis] * inner;
    parallel_blocks(call.engine, outer, row_block(run), [&](int64_t begin, int64_t end) {
      for (int64_t row = begin; row < end; ++row) {
        memcpy(to + static_cast<size_t>(row * stride) * width, from + static_cast<size_t>(row * run) * width,
               static_cast<size_t>(run) * width);
      }
    });
    at += x.dims[axis];
  }
  return kOk;
}

}  // namespace

void register_shape(Registry& registry) {
  registry.add("transpose", transpose);
  registry.add("broadcastTo", broadcast_to);
  registry.add("slice", slice);
  registry.add("sliceGradient", slice_gradient);
  registry.add("pad", pad);
  registry.add("flip", flip);
  registry.add("concat", concat);
}

}  // namespace LM_NS
}  // namespace lemanic
