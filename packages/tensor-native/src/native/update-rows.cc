// Rows written into a tensor where it lies: the one kernel that changes an input, for caches that grow step by step.
#include <string.h>

#include "kernels.h"

namespace lemanic {
namespace LM_NS {
namespace {

// attributes: at (float64). inputs: target [B, C, …], rows [B, T, …], which become target's rows at … at + T; no outputs.
Status update_rows(Call& call) {
  if (call.inputs != 2 || call.outputs != 0) return fail(call.engine, kBadCommand, 0);
  const Tensor &target = call.in[0], &rows = call.in[1];
  if (rows.dtype != target.dtype) return fail(call.engine, kUnsupported, 1, rows.dtype);
  if (target.rank < 2 || rows.rank != target.rank) return fail(call.engine, kBadCommand, 1);
  for (int axis = 0; axis < target.rank; ++axis) {
    if (axis != 1 && rows.dims[axis] != target.dims[axis]) return fail(call.engine, kBadCommand, 1);
  }
  const double at = call.number(0), end = at + rows.dims[1];
  if (!(at >= 0 && end <= target.dims[1])) return fail(call.engine, kIndexOutOfRange, end - 1, target.dims[1], 0);
  const int64_t bytes_each = target.dtype == kBool ? 1 : target.dtype == kBfloat16 || target.dtype == kFloat16 ? 2 : 4;
  const int64_t row = target.product(2, target.rank) * bytes_each;
  char* to = static_cast<char*>(target.data) + static_cast<int64_t>(at) * row;
  const char* from = static_cast<const char*>(rows.data);
  for (int64_t b = 0; b < target.dims[0]; ++b) {
    memcpy(to + b * target.dims[1] * row, from + b * rows.dims[1] * row, static_cast<size_t>(rows.dims[1] * row));
  }
  return kOk;
}

}  // namespace

void register_update_rows(Registry& registry) { registry.add("updateRows", update_rows); }

}  // namespace LM_NS
}  // namespace lemanic
