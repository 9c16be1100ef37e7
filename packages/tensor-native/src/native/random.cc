// Counter-based random numbers: Threefry-2x32 with 20 rounds (Salmon et al., 2011), the same on every backend.
// This file is compiled without contraction: its float64 arithmetic is part of the contract.
#include "threefry.h"

namespace lemanic {
namespace LM_NS {
namespace {

constexpr int64_t kBlock = 4096;  // even: a block starts with the first word of a pair

// f(position, words, count) over blocks of the output's elements. attributes: key
template <class F>
LM_INLINE Status with_bits(Call& call, const int32_t* key, int64_t size, F f) {
  const uint32_t key0 = static_cast<uint32_t>(key[0]), key1 = static_cast<uint32_t>(key[1]);
  parallel_blocks(call.engine, size, kBlock, [&](int64_t begin, int64_t end) {
    uint32_t words[kBlock];
    fill_bits(key0, key1, begin, end - begin, words);
    f(begin, words, end - begin);
  });
  return kOk;
}

Status random_bits(Call& call) {
  int32_t* y = call.out[0].i32();
  return with_bits(call, call.attributes, call.out[0].size, [&](int64_t begin, const uint32_t* words, int64_t n) {
    memcpy(y + begin, words, static_cast<size_t>(n) * 4);
  });
}

Status random_uniform(Call& call) {
  float* y = call.out[0].f32();
  return with_bits(call, call.attributes, call.out[0].size, [&](int64_t begin, const uint32_t* words, int64_t n) {
    for (int64_t i = 0; i < n; ++i) y[begin + i] = static_cast<float>(static_cast<int32_t>(words[i] >> 8)) * 0x1p-24f;
  });
}

// ln(k / 2³³), 0 < k < 2³²
double logarithm_of_odd(uint32_t k) {
  int exponent = 31 - __builtin_clz(k);
  double m = static_cast<double>(k) / static_cast<double>(uint32_t{1} << exponent);
  if (m > 1.4142135623730950488) {
    m = m / 2;
    exponent = exponent + 1;
  }
  const double s = (m - 1) / (m + 1);
  const double z = s * s;
  const double series =
      ((((((((z / 19 + 1.0 / 17) * z + 1.0 / 15) * z + 1.0 / 13) * z + 1.0 / 11) * z + 1.0 / 9) * z + 1.0 / 7) * z +
        1.0 / 5) * z + 1.0 / 3) * z + 1;
  return (exponent - 33) * 0.6931471805599453094 + (2 * s) * series;
}

// Φ⁻¹((b + ½) / 2³²): AS 241, routine PPND16 (Wichura, 1988)
double normal_from_bits(uint32_t b) {
  const double q = (static_cast<double>(b) - 2147483647.5) / 4294967296.0;
  if (q <= 0.425 && q >= -0.425) {
    const double r = 0.180625 - q * q;
    const double numerator =
        ((((((2509.0809287301226727 * r + 33430.575583588128105) * r + 67265.770927008700853) * r +
            45921.953931549871457) * r + 13731.693765509461125) * r + 1971.5909503065514427) * r +
         133.14166789178437745) * r + 3.387132872796366608;
    const double denominator =
        ((((((5226.495278852854561 * r + 28729.085735721942674) * r + 39307.89580009271061) * r +
            21213.794301586595867) * r + 5394.1960214247511077) * r + 687.1870074920579083) * r +
         42.313330701600911252) * r + 1;
    return (q * numerator) / denominator;
  }
  const uint32_t k = 2 * (q < 0 ? b : 4294967295u - b) + 1;
  const double r = sqrt(-logarithm_of_odd(k)) - 1.6;
  const double numerator =
      ((((((0.0007745450142783414076 * r + 0.0227238449892691845833) * r + 0.24178072517745061177) * r +
          1.27045825245236838258) * r + 3.64784832476320460504) * r + 5.7694972214606914055) * r +
       4.6303378461565452959) * r + 1.42343711074968357734;
  const double denominator =
      ((((((0.00000000105075007164441684324 * r + 0.000547593808499534494600) * r + 0.0151986665636164571966) * r +
          0.14810397642748007459) * r + 0.68976733498510000455) * r + 1.6763848301838038494) * r +
       2.05319162663775882187) * r + 1;
  const double x = numerator / denominator;
  return q < 0 ? -x : x;
}

Status random_normal(Call& call) {
  float* y = call.out[0].f32();
  return with_bits(call, call.attributes, call.out[0].size, [&](int64_t begin, const uint32_t* words, int64_t n) {
    for (int64_t i = 0; i < n; ++i) y[begin + i] = static_cast<float>(normal_from_bits(words[i]));
  });
}

// attributes: key, rate (float64)
Status dropout(Call& call) {
  const float* x = call.in[0].f32();
  float* y = call.out[0].f32();
  const double rate = call.number(2);
  const int32_t threshold = survival_threshold(rate);
  const float kept = static_cast<float>(1 - rate);
  return with_bits(call, call.attributes, call.out[0].size, [&](int64_t begin, const uint32_t* words, int64_t n) {
    for (int64_t i = 0; i < n; ++i) {
      const float scaled = x[begin + i] / kept;
      y[begin + i] = static_cast<int32_t>(words[i] >> 8) >= threshold ? scaled : 0.0f;
    }
  });
}

}  // namespace

void register_random(Registry& registry) {
  registry.add("randomBits", random_bits);
  registry.add("randomUniform", random_uniform);
  registry.add("randomNormal", random_normal);
  registry.add("dropout", dropout);
}

}  // namespace LM_NS
}  // namespace lemanic
