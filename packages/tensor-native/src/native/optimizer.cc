// AdamW (Loshchilov and Hutter, 2019) and SGD over many tensors in one call.
#include "simd.h"

namespace lemanic {
namespace LM_NS {
namespace {

constexpr int64_t kBlock = 4096;

LM_INLINE vf part(const float* x, int64_t i, int64_t n) { return n >= kLanes ? load(x + i) : load_part(x + i, n); }
LM_INLINE void put(float* y, int64_t i, vf x, int64_t n) {
  if (n >= kLanes) {
    store(y + i, x);
  } else {
    store_part(y + i, x, n);
  }
}

Status check(Call& call, int count, int groups_in, int groups_out) {
  if (count < 1 || call.inputs != count * groups_in || call.outputs != count * groups_out) {
    return fail(call.engine, kBadCommand, 0);
  }
  for (int i = 0; i < call.inputs; ++i) {
    if (call.in[i].dtype != kFloat32) return fail(call.engine, kUnsupported, i, call.in[i].dtype);
    if (call.in[i].size != call.in[i % count].size) return fail(call.engine, kBadCommand, i);
  }
  return kOk;
}

// attributes: count, then float64: learningRate, beta1, beta2, epsilon, step, weightDecay × count
Status adamw(Call& call) {
  const int count = call.word(0);
  if (Status status = check(call, count, 4, 3)) return status;
  const double rate = call.number(1), beta1 = call.number(3), beta2 = call.number(5), epsilon = call.number(7),
               step = call.number(9);
  const double correction1 = 1 - pow(beta1, step), correction2 = 1 - pow(beta2, step);
  const vf keep1 = splat(static_cast<float>(beta1)), new1 = splat(static_cast<float>(1 - beta1));
  const vf keep2 = splat(static_cast<float>(beta2)), new2 = splat(static_cast<float>(1 - beta2));
  const vf step_size = splat(static_cast<float>(rate / correction1));
  const vf root = splat(static_cast<float>(1 / sqrt(correction2))), small = splat(static_cast<float>(epsilon));
  return parallel_tensors(call.engine, call.in, count, kBlock, [&](int t, int64_t begin, int64_t end, int64_t) {
    const float *p = call.in[t].f32(), *g = call.in[count + t].f32(), *m = call.in[2 * count + t].f32(),
                *v = call.in[3 * count + t].f32();
    float *p_next = call.out[t].f32(), *m_next = call.out[count + t].f32(), *v_next = call.out[2 * count + t].f32();
    const vf decay = splat(static_cast<float>(1 - rate * call.number(11 + 2 * t)));
    for (int64_t i = begin; i < end; i += kLanes) {
      const int64_t n = end - i;
      const vf gradient = part(g, i, n);
      const vf first = keep1 * part(m, i, n) + new1 * gradient;
      const vf second = keep2 * part(v, i, n) + new2 * gradient * gradient;
      put(m_next, i, first, n);
      put(v_next, i, second, n);
      put(p_next, i, part(p, i, n) * decay - step_size * first / (square_root(second) * root + small), n);
    }
  });
}

// attributes: count, nesterov, then float64: learningRate, momentum, weightDecay × count
Status sgd(Call& call) {
  const int count = call.word(0);
  const bool nesterov = call.word(1) != 0;
  const double rate = call.number(2), momentum = call.number(4);
  const bool has_velocity = momentum != 0;
  if (Status status = check(call, count, has_velocity ? 3 : 2, has_velocity ? 2 : 1)) return status;
  const vf keep = splat(static_cast<float>(momentum)), minus_rate = splat(static_cast<float>(-rate));
  return parallel_tensors(call.engine, call.in, count, kBlock, [&](int t, int64_t begin, int64_t end, int64_t) {
    const float *p = call.in[t].f32(), *g = call.in[count + t].f32();
    const float* v = has_velocity ? call.in[2 * count + t].f32() : nullptr;
    float* p_next = call.out[t].f32();
    float* v_next = has_velocity ? call.out[count + t].f32() : nullptr;
    const vf decay = splat(static_cast<float>(call.number(6 + 2 * t)));
    for (int64_t i = begin; i < end; i += kLanes) {
      const int64_t n = end - i;
      const vf parameter = part(p, i, n);
      const vf gradient = part(g, i, n) + decay * parameter;
      vf direction = gradient;
      if (has_velocity) {
        const vf velocity = keep * part(v, i, n) + gradient;
        put(v_next, i, velocity, n);
        direction = nesterov ? gradient + keep * velocity : velocity;
      }
      put(p_next, i, parameter + minus_rate * direction, n);
    }
  });
}

}  // namespace

void register_optimizer(Registry& registry) {
  registry.add("adamw", adamw);
  registry.add("sgd", sgd);
}

}  // namespace LM_NS
}  // namespace lemanic
