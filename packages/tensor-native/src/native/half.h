// The 16-bit storage types: bfloat16 and IEEE half, to and from float32 with rounding to nearest even.
#pragma once
#include <string.h>

#include "engine.h"

namespace lemanic {
namespace LM_NS {
namespace {

LM_INLINE uint32_t float_bits(float x) {
  uint32_t bits;
  memcpy(&bits, &x, 4);
  return bits;
}
LM_INLINE float bits_float(uint32_t bits) {
  float x;
  memcpy(&x, &bits, 4);
  return x;
}

LM_INLINE float from_bfloat16(uint16_t x) { return bits_float(static_cast<uint32_t>(x) << 16); }

LM_INLINE uint16_t to_bfloat16(float x) {
  const uint32_t bits = float_bits(x);
  if ((bits & 0x7fffffffu) > 0x7f800000u) return static_cast<uint16_t>((bits >> 16) | 0x40);
  return static_cast<uint16_t>((bits + 0x7fffu + ((bits >> 16) & 1)) >> 16);
}

LM_INLINE float from_float16(uint16_t x) {
  const uint32_t sign = static_cast<uint32_t>(x & 0x8000) << 16;
  const uint32_t rest = static_cast<uint32_t>(x & 0x7fff) << 13;
  if ((x & 0x7c00) == 0x7c00) return bits_float(sign | 0x7f800000u | (rest & 0x7fffff));
  // shifted exponent; denormals come out right because the multiplication normalises them
  return bits_float(sign | float_bits(bits_float(rest) * bits_float(0x77800000u)));
}

LM_INLINE uint16_t to_float16(float x) {
  const uint32_t bits = float_bits(x);
  const uint16_t sign = static_cast<uint16_t>((bits >> 16) & 0x8000);
  uint32_t rest = bits & 0x7fffffffu;
  if (rest > 0x7f800000u) return static_cast<uint16_t>(sign | 0x7e00 | ((rest >> 13) & 0x3ff));
  if (rest >= 0x477ff000u) return static_cast<uint16_t>(sign | 0x7c00);  // rounds to 65536 or more
  if (rest < 0x38800000u) {
    // below 2⁻¹⁴: adding ½ lets the floating-point unit round the denormal
    return static_cast<uint16_t>(sign | (float_bits(bits_float(rest) + 0.5f) - 0x3f000000u));
  }
  rest += 0xfffu + ((rest >> 13) & 1);
  return static_cast<uint16_t>(sign | ((rest - 0x38000000u) >> 13));
}

LM_INLINE float widen(uint16_t x, int32_t dtype) { return dtype == kBfloat16 ? from_bfloat16(x) : from_float16(x); }

}  // namespace
}  // namespace LM_NS
}  // namespace lemanic
