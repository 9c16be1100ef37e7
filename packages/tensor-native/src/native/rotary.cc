// Rotary positions (Su et al., 2021). Angles are worked out in float64 once a position.
#include "simd.h"

namespace lemanic {
namespace LM_NS {
namespace {

struct Turns {
  float* cosines;
  float* sines;
  int64_t half;

  void fill(int64_t row, double position, const double* frequencies, bool inverse) const {
    for (int64_t i = 0; i < half; ++i) {
      const double angle = position * frequencies[i];
      cosines[row * half + i] = static_cast<float>(cos(angle));
      sines[row * half + i] = static_cast<float>(inverse ? -sin(angle) : sin(angle));
    }
  }
};

// One head's vector: pairs (i, i + half), or (2i, 2i + 1) when interleaved.
LM_INLINE void turn(const float* x, float* y, const float* c, const float* s, int64_t half, bool interleaved) {
  if (interleaved) {
    for (int64_t i = 0; i < half; ++i) {
      const float a = x[2 * i], b = x[2 * i + 1];
      y[2 * i] = a * c[i] - b * s[i];
      y[2 * i + 1] = a * s[i] + b * c[i];
    }
  } else {
    for (int64_t i = 0; i < half; ++i) {
      const float a = x[i], b = x[half + i];
      y[i] = a * c[i] - b * s[i];
      y[half + i] = a * s[i] + b * c[i];
    }
  }
}

// attributes: interleaved, offset, inverse, hasPositions, base (float64)
Status rotary(Call& call) {
  const Tensor &x = call.in[0], &y = call.out[0];
  const bool interleaved = call.word(0) != 0, inverse = call.word(2) != 0, has_positions = call.word(3) != 0;
  const int64_t offset = call.word(1);
  const double base = call.number(4);
  if (x.rank != 4 || x.dims[3] % 2 != 0) return fail(call.engine, kBadCommand, 0);
  const int64_t time = x.dims[1], heads = x.dims[2], width = x.dims[3], half = width / 2, tokens = x.dims[0] * time;
  if (x.size == 0) return kOk;
  const int32_t* positions = has_positions ? call.in[1].i32() : nullptr;
  if (positions && call.in[1].size != tokens) return fail(call.engine, kBadCommand, 1);
  // one row of the table for each distinct position where these are few, else one for each token
  int64_t low = offset, high = offset + time - 1;
  if (positions) {
    low = high = positions[0];
    for (int64_t i = 1; i < tokens; ++i) {
      low = positions[i] < low ? positions[i] : low;
      high = positions[i] > high ? positions[i] : high;
    }
  }
  const bool by_token = high - low + 1 > tokens;
  const int64_t rows = by_token ? tokens : high - low + 1;
  const Temporary table(call.engine, static_cast<size_t>(rows * width) * sizeof(float) +
                                         static_cast<size_t>(half) * sizeof(double));
  if (!table.data) return fail(call.engine, kOutOfMemory, static_cast<double>(table.bytes));
  double* frequencies = table.as<double>();
  for (int64_t i = 0; i < half; ++i) {
    frequencies[i] = pow(base, -2.0 * static_cast<double>(i) / static_cast<double>(width));
  }
  float* cosines = reinterpret_cast<float*>(frequencies + half);
  const Turns turns{cosines, cosines + rows * half, half};
  for (int64_t row = 0; row < rows; ++row) {
    turns.fill(row, static_cast<double>(by_token ? positions[row] : low + row), frequencies, inverse);
  }
  parallel_blocks(call.engine, tokens, row_block(heads * width), [&](int64_t begin, int64_t end) {
    for (int64_t token = begin; token < end; ++token) {
      const int64_t row = by_token ? token : positions ? positions[token] - low : token % time;
      for (int64_t h = 0; h < heads; ++h) {
        const int64_t at = (token * heads + h) * width;
        turn(x.f32() + at, y.f32() + at, turns.cosines + row * half, turns.sines + row * half, half, interleaved);
      }
    }
  });
  return kOk;
}

}  // namespace

void register_rotary(Registry& registry) { registry.add("rotary", rotary); }

}  // namespace LM_NS
}  // namespace lemanic
