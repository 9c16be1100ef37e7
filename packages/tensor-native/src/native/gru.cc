// The recurrence of a GRU over its projected input, and its gradient. Gates in the order r, z, n; kept with them is n's
// share of the state before the reset gate, m = W′ h + b′.
#include "recurrent.h"

namespace lemanic {
namespace LM_NS {
namespace {

struct Sizes {
  int64_t batch, time, hidden, width;  // width: of the projection, three gates

  LM_INLINE Status read(Call& call, const Tensor& projection, const Tensor& weight, const Tensor& bias,
                        const Tensor& state) {
    if (projection.rank != 3 || weight.rank != 2 || bias.rank != 1 || state.rank != 2) {
      return fail(call.engine, kBadCommand, 0);
    }
    batch = projection.dims[0];
    time = projection.dims[1];
    width = projection.dims[2];
    hidden = weight.dims[1];
    const bool fits = width == 3 * hidden && weight.dims[0] == width && bias.dims[0] == width &&
                      state.dims[0] == batch && state.dims[1] == hidden;
    return fits ? kOk : fail(call.engine, kBadCommand, 1);
  }
};

// inputs: projection, hidden weight, hidden bias, hidden → hiddens, gates
Status gru(Call& call) {
  const Tensor &projection = call.in[0], &weight = call.in[1], &bias = call.in[2];
  const float* hidden0 = call.in[3].f32();
  float *hiddens = call.out[0].f32(), *gates = call.out[1].f32();
  Sizes s;
  if (Status status = s.read(call, projection, weight, bias, call.in[3])) return status;
  if (call.out[0].size == 0) return kOk;
  const int64_t n = s.hidden;
  const Temporary packed(call.engine, static_cast<size_t>(n * packed_columns(s.width)) * sizeof(float));
  if (!packed.data) return fail(call.engine, kOutOfMemory, static_cast<double>(packed.bytes));
  pack_panels(weight.f32(), 1, n, n, s.width, packed.as<float>());
  const Temporary shares(call.engine, static_cast<size_t>(s.batch * s.width) * sizeof(float));
  if (!shares.data) return fail(call.engine, kOutOfMemory, static_cast<double>(shares.bytes));
  parallel_blocks(call.engine, s.batch, batch_share(call.engine, s.batch), [&](int64_t begin, int64_t end) {
    float* share = shares.as<float>() + begin * s.width;
    for (int64_t t = 0; t < s.time; ++t) {
      for (int64_t b = begin; b < end; ++b) {
        memcpy(share + (b - begin) * s.width, bias.data, static_cast<size_t>(s.width) * sizeof(float));
      }
      const bool first = t == 0;
      product_packed(end - begin, s.width, n, first ? hidden0 + begin * n : hiddens + (begin * s.time + t - 1) * n,
                     first ? n : s.time * n, 1, packed.as<float>(), n, share, s.width, Start::kAccumulate);
      for (int64_t b = begin; b < end; ++b) {
        const int64_t row = b * s.time + t;
        const float *x = projection.f32() + row * s.width, *h = share + (b - begin) * s.width;
        const float* before = first ? hidden0 + b * n : hiddens + (row - 1) * n;
        float* gate = gates + row * 4 * n;
        each_vector(n, [&](int64_t at, int64_t lanes) {
          const vf r = gate_sigmoid(take_lanes(x + at, lanes) + take_lanes(h + at, lanes));
          const vf z = gate_sigmoid(take_lanes(x + n + at, lanes) + take_lanes(h + n + at, lanes));
          const vf m = take_lanes(h + 2 * n + at, lanes);
          const vf candidate = gate_tanh(take_lanes(x + 2 * n + at, lanes) + r * m);
          put_lanes(gate + at, r, lanes);
          put_lanes(gate + n + at, z, lanes);
          put_lanes(gate + 2 * n + at, candidate, lanes);
          put_lanes(gate + 3 * n + at, m, lanes);
          put_lanes(hiddens + row * n + at, (splat(1.0f) - z) * candidate + z * take_lanes(before + at, lanes), lanes);
        });
      }
    }
  });
  return kOk;
}

// One step of one sequence: `to` gets the cotangents of the projection, `share` those of W′ h + b′, and `state` (the
// cotangent of the state after the step, but for `up`) becomes what goes past the product to the state before.
LM_INLINE void step_gradient(int64_t n, const float* up, const float* gate, const float* before, float* to, float* share,
                             float* state) {
  const vf one = splat(1.0f);
  each_vector(n, [&](int64_t at, int64_t lanes) {
    const vf r = take_lanes(gate + at, lanes), z = take_lanes(gate + n + at, lanes);
    const vf candidate = take_lanes(gate + 2 * n + at, lanes), m = take_lanes(gate + 3 * n + at, lanes);
    const vf dh = take_lanes(up + at, lanes) + take_lanes(state + at, lanes);
    const vf dz = dh * (take_lanes(before + at, lanes) - candidate) * z * (one - z);
    const vf dn = dh * (one - z) * (one - candidate * candidate);
    const vf dr = dn * m * r * (one - r);
    put_lanes(to + at, dr, lanes);
    put_lanes(to + n + at, dz, lanes);
    put_lanes(to + 2 * n + at, dn, lanes);
    put_lanes(share + at, dr, lanes);
    put_lanes(share + n + at, dz, lanes);
    put_lanes(share + 2 * n + at, dn * r, lanes);
    put_lanes(state + at, dh * z, lanes);
  });
}

// inputs: cotangent of hiddens, inputs and outputs of gru → dprojection, dweight, dbias, dhidden
Status gru_gradient(Call& call) {
  const float* up = call.in[0].f32();
  const Tensor &projection = call.in[1], &weight = call.in[2], &bias = call.in[3];
  const float *hidden0 = call.in[4].f32(), *hiddens = call.in[5].f32(), *gates = call.in[6].f32();
  float *dprojection = call.out[0].f32(), *dbias = call.out[2].f32(), *dhidden = call.out[3].f32();
  Sizes s;
  if (Status status = s.read(call, projection, weight, bias, call.in[4])) return status;
  memset(dbias, 0, static_cast<size_t>(call.out[2].size) * sizeof(float));
  memset(dhidden, 0, static_cast<size_t>(call.out[3].size) * sizeof(float));
  if (projection.size == 0) {
    memset(call.out[1].data, 0, static_cast<size_t>(call.out[1].size) * sizeof(float));
    return kOk;
  }
  const int64_t n = s.hidden, rows = s.batch * s.time;
  const Temporary shares(call.engine, static_cast<size_t>(rows * s.width) * sizeof(float));
  const Temporary packed(call.engine, static_cast<size_t>(s.width * packed_columns(n)) * sizeof(float));
  const Temporary states(call.engine, static_cast<size_t>(rows * n) * sizeof(float));
  if (!shares.data || !packed.data || !states.data) {
    return fail(call.engine, kOutOfMemory, static_cast<double>(shares.bytes + packed.bytes + states.bytes));
  }
  pack_panels(weight.f32(), n, 1, s.width, n, packed.as<float>());
  parallel_blocks(call.engine, s.batch, batch_share(call.engine, s.batch), [&](int64_t begin, int64_t end) {
    for (int64_t t = s.time - 1; t >= 0; --t) {
      for (int64_t b = begin; b < end; ++b) {
        const int64_t row = b * s.time + t;
        step_gradient(n, up + row * n, gates + row * 4 * n, t == 0 ? hidden0 + b * n : hiddens + (row - 1) * n,
                      dprojection + row * s.width, shares.as<float>() + row * s.width, dhidden + b * n);
      }
      product_packed(end - begin, n, s.width, shares.as<float>() + (begin * s.time + t) * s.width, s.time * s.width, 1,
                     packed.as<float>(), s.width, dhidden + begin * n, n, Start::kAccumulate);
    }
  });
  // columns go to different threads, each sums its rows in order
  parallel_blocks(call.engine, s.width, row_block(rows) < kLanes ? kLanes : row_block(rows), [&](int64_t begin, int64_t end) {
    for (int64_t row = 0; row < rows; ++row) {
      const float* from = shares.as<float>() + row * s.width;
      for (int64_t j = begin; j < end; ++j) dbias[j] += from[j];
    }
  });
  shift_states(call.engine, hiddens, hidden0, s.batch, s.time, n, states.as<float>());
  return weight_gradient(call.engine, shares.as<float>(), s.width, states.as<float>(), n, rows, call.out[1].f32());
}

}  // namespace

void register_gru(Registry& registry) {
  registry.add("gru", gru);
  registry.add("gruGradient", gru_gradient);
}

}  // namespace LM_NS
}  // namespace lemanic
