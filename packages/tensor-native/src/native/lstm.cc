// The recurrence of an LSTM over its projected input, and its gradient. Gates in the order i, f, g, o.
#include "recurrent.h"

namespace lemanic {
namespace LM_NS {
namespace {

struct Sizes {
  int64_t batch, time, hidden, width;

  LM_INLINE Status read(Call& call, const Tensor& projection, const Tensor& weight, const Tensor& state) {
    if (projection.rank != 3 || weight.rank != 2 || state.rank != 2) return fail(call.engine, kBadCommand, 0);
    batch = projection.dims[0];
    time = projection.dims[1];
    width = projection.dims[2];
    hidden = weight.dims[1];
    const bool fits = width == 4 * hidden && weight.dims[0] == width && state.dims[0] == batch && state.dims[1] == hidden;
    return fits ? kOk : fail(call.engine, kBadCommand, 1);
  }
};

// inputs: projection, hidden weight, hidden, cell → hiddens, cells, gates
Status lstm(Call& call) {
  const Tensor &projection = call.in[0], &weight = call.in[1];
  const float *hidden0 = call.in[2].f32(), *cell0 = call.in[3].f32();
  float *hiddens = call.out[0].f32(), *cells = call.out[1].f32(), *gates = call.out[2].f32();
  Sizes s;
  if (Status status = s.read(call, projection, weight, call.in[2])) return status;
  if (call.out[0].size == 0) return kOk;
  const Temporary packed(call.engine, static_cast<size_t>(s.hidden * packed_columns(s.width)) * sizeof(float));
  if (!packed.data) return fail(call.engine, kOutOfMemory, static_cast<double>(packed.bytes));
  pack_panels(weight.f32(), 1, s.hidden, s.hidden, s.width, packed.as<float>());
  const int64_t share = batch_share(call.engine, s.batch), n = s.hidden;
  parallel_blocks(call.engine, s.batch, share, [&](int64_t begin, int64_t end) {
    for (int64_t t = 0; t < s.time; ++t) {
      const bool first = t == 0;
      product_packed(end - begin, s.width, n, first ? hidden0 + begin * n : hiddens + (begin * s.time + t - 1) * n,
                     first ? n : s.time * n, 1, packed.as<float>(), n, gates + (begin * s.time + t) * s.width,
                     s.time * s.width, Start::kZero);
      for (int64_t b = begin; b < end; ++b) {
        const int64_t row = b * s.time + t;
        float* gate = gates + row * s.width;
        const float* x = projection.f32() + row * s.width;
        const float* before = first ? cell0 + b * n : cells + (row - 1) * n;
        each_vector(n, [&](int64_t at, int64_t lanes) {
          const auto sum = [&](int64_t from) { return take_lanes(x + from + at, lanes) + take_lanes(gate + from + at, lanes); };
          const vf i = gate_sigmoid(sum(0)), f = gate_sigmoid(sum(n)), g = gate_tanh(sum(2 * n)), o = gate_sigmoid(sum(3 * n));
          const vf cell = f * take_lanes(before + at, lanes) + i * g;
          put_lanes(gate + at, i, lanes);
          put_lanes(gate + n + at, f, lanes);
          put_lanes(gate + 2 * n + at, g, lanes);
          put_lanes(gate + 3 * n + at, o, lanes);
          put_lanes(cells + row * n + at, cell, lanes);
          put_lanes(hiddens + row * n + at, o * gate_tanh(cell), lanes);
        });
      }
    }
  });
  return kOk;
}

// Cotangents of the gates' sums at one step of one sequence; `cell` holds the cotangent of the cell state on entry, and
// that of the one before on return.
LM_INLINE void step_gradient(int64_t n, const float* up, const float* up_cell, const float* from_next, const float* gate,
                             const float* cell_before, const float* cell_after, float* to, float* cell) {
  const vf one = splat(1.0f);
  each_vector(n, [&](int64_t at, int64_t lanes) {
    const vf i = take_lanes(gate + at, lanes), f = take_lanes(gate + n + at, lanes);
    const vf g = take_lanes(gate + 2 * n + at, lanes), o = take_lanes(gate + 3 * n + at, lanes);
    const vf squashed = gate_tanh(take_lanes(cell_after + at, lanes));
    const vf dh = take_lanes(up + at, lanes) + take_lanes(from_next + at, lanes);
    vf dc = take_lanes(cell + at, lanes) + dh * o * (one - squashed * squashed);
    if (up_cell) dc += take_lanes(up_cell + at, lanes);
    put_lanes(to + at, dc * g * i * (one - i), lanes);
    put_lanes(to + n + at, dc * take_lanes(cell_before + at, lanes) * f * (one - f), lanes);
    put_lanes(to + 2 * n + at, dc * i * (one - g * g), lanes);
    put_lanes(to + 3 * n + at, dh * squashed * o * (one - o), lanes);
    put_lanes(cell + at, dc * f, lanes);
  });
}

// attributes: whether the cells have a cotangent
// inputs: cotangents of hiddens and perhaps cells, inputs and outputs of lstm → dprojection, dweight, dhidden, dcell
Status lstm_gradient(Call& call) {
  const int first = call.word(0) ? 2 : 1;
  const float *up = call.in[0].f32(), *up_cells = first == 2 ? call.in[1].f32() : nullptr;
  const Tensor &projection = call.in[first], &weight = call.in[first + 1];
  const float *hidden0 = call.in[first + 2].f32(), *cell0 = call.in[first + 3].f32();
  const float *hiddens = call.in[first + 4].f32(), *cells = call.in[first + 5].f32(), *gates = call.in[first + 6].f32();
  float *dgates = call.out[0].f32(), *dhidden = call.out[2].f32(), *dcell = call.out[3].f32();
  Sizes s;
  if (Status status = s.read(call, projection, weight, call.in[first + 2])) return status;
  memset(dhidden, 0, static_cast<size_t>(call.out[2].size) * sizeof(float));
  memset(dcell, 0, static_cast<size_t>(call.out[3].size) * sizeof(float));
  if (projection.size == 0) {
    memset(call.out[1].data, 0, static_cast<size_t>(call.out[1].size) * sizeof(float));
    return kOk;
  }
  const int64_t n = s.hidden, rows = s.batch * s.time;
  {
    const Temporary packed(call.engine, static_cast<size_t>(s.width * packed_columns(n)) * sizeof(float));
    if (!packed.data) return fail(call.engine, kOutOfMemory, static_cast<double>(packed.bytes));
    pack_panels(weight.f32(), n, 1, s.width, n, packed.as<float>());
    parallel_blocks(call.engine, s.batch, batch_share(call.engine, s.batch), [&](int64_t begin, int64_t end) {
      for (int64_t t = s.time - 1; t >= 0; --t) {
        for (int64_t b = begin; b < end; ++b) {
          const int64_t row = b * s.time + t;
          step_gradient(n, up + row * n, up_cells ? up_cells + row * n : nullptr, dhidden + b * n, gates + row * s.width,
                        t == 0 ? cell0 + b * n : cells + (row - 1) * n, cells + row * n, dgates + row * s.width,
                        dcell + b * n);
        }
        product_packed(end - begin, n, s.width, dgates + (begin * s.time + t) * s.width, s.time * s.width, 1,
                       packed.as<float>(), s.width, dhidden + begin * n, n, Start::kZero);
      }
    });
  }
  const Temporary before(call.engine, static_cast<size_t>(rows * n) * sizeof(float));
  if (!before.data) return fail(call.engine, kOutOfMemory, static_cast<double>(before.bytes));
  shift_states(call.engine, hiddens, hidden0, s.batch, s.time, n, before.as<float>());
  return weight_gradient(call.engine, dgates, s.width, before.as<float>(), n, rows, call.out[1].f32());
}

}  // namespace

void register_lstm(Registry& registry) {
  registry.add("lstm", lstm);
  registry.add("lstmGradient", lstm_gradient);
}

}  // namespace LM_NS
}  // namespace lemanic
