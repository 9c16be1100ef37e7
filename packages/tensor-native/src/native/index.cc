// Indexing: gather, scatterAdd, takeAlongAxis and its gradient, oneHot, embedding. Every index is checked before use.
#include "half.h"
#include "simd.h"

namespace lemanic {
namespace LM_NS {
namespace {

// The first index outside [0, size), if there is one, is reported.
LM_INLINE Status check(Engine& engine, const Tensor& indices, int64_t size) {
  if (indices.dtype != kInt32) return fail(engine, kUnsupported, 1, indices.dtype);
  const int32_t* at = indices.i32();
  uint32_t outside = 0;
  const uint32_t limit = static_cast<uint32_t>(size > INT32_MAX ? INT32_MAX : size);
  for (int64_t i = 0; i < indices.size; ++i) outside |= static_cast<uint32_t>(static_cast<uint32_t>(at[i]) >= limit);
  if (!outside) return kOk;
  int64_t i = 0;
  while (static_cast<uint32_t>(at[i]) < limit) ++i;
  return fail(engine, kIndexOutOfRange, at[i], static_cast<double>(size), static_cast<double>(i));
}

LM_INLINE size_t width_of(const Tensor& x) { return x.dtype == kBool ? 1 : x.dtype >= kBfloat16 ? 2 : 4; }

// attributes: axis
Status gather(Call& call) {
  const Tensor &x = call.in[0], &indices = call.in[1], &y = call.out[0];
  const int axis = call.word(0);
  if (axis < 0 || axis >= x.rank) return fail(call.engine, kBadCommand, 0);
  if (Status status = check(call.engine, indices, x.dims[axis])) return status;
  const int64_t outer = x.product(0, axis), inner = x.product(axis + 1, x.rank), size = x.dims[axis];
  const size_t run = static_cast<size_t>(inner) * width_of(x);
  const int32_t* at = indices.i32();
  const char* from = static_cast<const char*>(x.data);
  char* to = static_cast<char*>(y.data);
  if (run == 4) {
    const uint32_t* cells = reinterpret_cast<const uint32_t*>(from);
    uint32_t* out = reinterpret_cast<uint32_t*>(to);
    parallel_blocks(call.engine, outer * indices.size, 16384, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) out[i] = cells[i / indices.size * size + at[i % indices.size]];
    });
    return kOk;
  }
  parallel_blocks(call.engine, outer * indices.size, row_block(inner), [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const int64_t row = i / indices.size * size + at[i % indices.size];
      memcpy(to + static_cast<size_t>(i) * run, from + static_cast<size_t>(row) * run, run);
    }
  });
  return kOk;
}

// y[row(i)] += g[i]; blocks of the inner axis go to different threads, updates stay in order.
template <class T>
LM_INLINE void scatter_rows(Engine& engine, const T* g, T* y, const int32_t* at, int64_t outer, int64_t count,
                            int64_t size, int64_t inner) {
  constexpr int64_t band = 64;
  const int64_t bands = (inner + band - 1) / band;
  parallel_for(engine, outer * bands, [&](int64_t piece, int) {
    const int64_t o = piece / bands, begin = piece % bands * band;
    const int64_t n = inner - begin < band ? inner - begin : band;
    for (int64_t i = 0; i < count; ++i) {
      const T* from = g + (o * count + i) * inner + begin;
      T* to = y + (o * size + at[i]) * inner + begin;
      for (int64_t j = 0; j < n; ++j) to[j] += from[j];
    }
  });
}

// attributes: axis, size
Status scatter_add(Call& call) {
  const Tensor &g = call.in[0], &indices = call.in[1], &y = call.out[0];
  const int axis = call.word(0);
  if (axis < 0 || axis >= y.rank) return fail(call.engine, kBadCommand, 0);
  const int64_t size = y.dims[axis], outer = y.product(0, axis), inner = y.product(axis + 1, y.rank);
  if (g.size != outer * indices.size * inner) return fail(call.engine, kBadCommand, 0);
  if (Status status = check(call.engine, indices, size)) return status;
  memset(y.data, 0, static_cast<size_t>(y.size) * width_of(y));
  if (g.dtype == kFloat32) {
    scatter_rows<float>(call.engine, g.f32(), y.f32(), indices.i32(), outer, indices.size, size, inner);
  } else if (g.dtype == kInt32) {
    scatter_rows<uint32_t>(call.engine, static_cast<const uint32_t*>(g.data), static_cast<uint32_t*>(y.data),
                           indices.i32(), outer, indices.size, size, inner);
  } else {
    return fail(call.engine, kUnsupported, 0, g.dtype);
  }
  return kOk;
}

// Calls f(position in the long tensor, position in the short one) for all cells of the short one.
template <class F>
LM_INLINE void along_axis(const Tensor& indices, int axis, int64_t size, F f) {
  const int64_t outer = indices.product(0, axis), count = indices.dims[axis],
                inner = indices.product(axis + 1, indices.rank);
  const int32_t* at = indices.i32();
  for (int64_t o = 0; o < outer; ++o) {
    for (int64_t i = 0; i < count; ++i) {
      for (int64_t j = 0; j < inner; ++j) {
        const int64_t here = (o * count + i) * inner + j;
        f((o * size + at[here]) * inner + j, here);
      }
    }
  }
}

// attributes: axis
Status take_along_axis(Call& call) {
  const Tensor &x = call.in[0], &indices = call.in[1], &y = call.out[0];
  const int axis = call.word(0);
  if (axis < 0 || axis >= x.rank || indices.rank != x.rank) return fail(call.engine, kBadCommand, 0);
  for (int i = 0; i < x.rank; ++i) {
    if (i != axis && indices.dims[i] != x.dims[i]) return fail(call.engine, kBadCommand, i);
  }
  if (Status status = check(call.engine, indices, x.dims[axis])) return status;
  const int64_t size = x.dims[axis];
  switch (width_of(x)) {
    case 4:
      along_axis(indices, axis, size, [&](int64_t from, int64_t to) { y.i32()[to] = x.i32()[from]; });
      return kOk;
    case 2:
      along_axis(indices, axis, size, [&](int64_t from, int64_t to) { y.u16()[to] = x.u16()[from]; });
      return kOk;
    default:
      along_axis(indices, axis, size, [&](int64_t from, int64_t to) { y.u8()[to] = x.u8()[from]; });
      return kOk;
  }
}

// attributes: axis, size
Status take_along_axis_gradient(Call& call) {
  const Tensor &g = call.in[0], &indices = call.in[1], &y = call.out[0];
  const int axis = call.word(0);
  if (axis < 0 || axis >= y.rank || indices.rank != y.rank || g.size != indices.size) {
    return fail(call.engine, kBadCommand, 0);
  }
  for (int i = 0; i < y.rank; ++i) {
    if (i != axis && indices.dims[i] != y.dims[i]) return fail(call.engine, kBadCommand, i);
  }
  if (Status status = check(call.engine, indices, y.dims[axis])) return status;
  memset(y.data, 0, static_cast<size_t>(y.size) * width_of(y));
  if (g.dtype == kFloat32) {
    along_axis(indices, axis, y.dims[axis], [&](int64_t to, int64_t from) { y.f32()[to] += g.f32()[from]; });
    return kOk;
  }
  if (g.dtype == kInt32) {
    uint32_t* out = static_cast<uint32_t*>(y.data);
    const uint32_t* from_all = static_cast<const uint32_t*>(g.data);
    along_axis(indices, axis, y.dims[axis], [&](int64_t to, int64_t from) { out[to] += from_all[from]; });
    return kOk;
  }
  return fail(call.engine, kUnsupported, 0, g.dtype);
}

// attributes: depth
Status one_hot(Call& call) {
  const Tensor &indices = call.in[0], &y = call.out[0];
  const int32_t depth = call.word(0);
  memset(y.data, 0, static_cast<size_t>(y.size) * sizeof(float));
  for (int64_t i = 0; i < indices.size; ++i) {
    const int32_t index = indices.i32()[i];
    if (index >= 0 && index < depth) y.f32()[i * depth + index] = 1.0f;
  }
  return kOk;
}

Status embedding(Call& call) {
  const Tensor &table = call.in[0], &ids = call.in[1], &y = call.out[0];
  if (table.rank != 2) return fail(call.engine, kBadCommand, 0);
  if (Status status = check(call.engine, ids, table.dims[0])) return status;
  const int64_t width = table.dims[1];
  const int32_t* at = ids.i32();
  if (table.dtype != kFloat32 && table.dtype < kBfloat16) return fail(call.engine, kUnsupported, 0, table.dtype);
  parallel_blocks(call.engine, ids.size, row_block(width), [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      float* to = y.f32() + i * width;
      if (table.dtype == kFloat32) {
        memcpy(to, table.f32() + at[i] * width, static_cast<size_t>(width) * sizeof(float));
      } else {
        const uint16_t* from = table.u16() + at[i] * width;
        for (int64_t j = 0; j < width; ++j) to[j] = widen(from[j], table.dtype);
      }
    }
  });
  return kOk;
}

}  // namespace

void register_index(Registry& registry) {
  registry.add("gather", gather);
  registry.add("scatterAdd", scatter_add);
  registry.add("takeAlongAxis", take_along_axis);
  registry.add("takeAlongAxisGradient", take_along_axis_gradient);
  registry.add("oneHot", one_hot);
  registry.add("embedding", embedding);
}

}  // namespace LM_NS
}  // namespace lemanic
