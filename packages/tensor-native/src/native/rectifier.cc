// The gradient of relu from its result, in one pass.
#include "simd.h"

namespace lemanic {
namespace LM_NS {
namespace {

// inputs: gradient, y
Status relu_gradient(Call& call) {
  const Tensor &up = call.in[0], &y = call.in[1], &dx = call.out[0];
  if (up.dtype != kFloat32) return fail(call.engine, kUnsupported, 0, up.dtype);
  if (up.size != y.size) return fail(call.engine, kBadCommand, 0);
  parallel_blocks(call.engine, y.size, 16384, [&](int64_t begin, int64_t end) {
    map2(dx.f32() + begin, up.f32() + begin, y.f32() + begin, end - begin,
         [](vf g, vf value) { return select(value <= splat(0.0f), splat(0.0f), g); });
  });
  return kOk;
}

}  // namespace

void register_rectifier(Registry& registry) { registry.add("reluGradient", relu_gradient); }

}  // namespace LM_NS
}  // namespace lemanic
