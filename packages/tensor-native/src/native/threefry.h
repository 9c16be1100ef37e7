// Counter-based random words: Threefry-2x32 with 20 rounds (Salmon et al., 2011), the same on every backend.
#pragma once
#include "simd.h"

namespace lemanic {
namespace LM_NS {
namespace {

typedef uint32_t vu __attribute__((vector_size(LM_LANES * 4)));

LM_INLINE vu splat_unsigned(uint32_t x) { return (vu)splat(static_cast<int32_t>(x)); }

template <int Bits>
LM_INLINE vu rotate(vu x) {
  return (x << Bits) | (x >> (32 - Bits));
}
template <int A, int B, int C, int D>
LM_INLINE void four_rounds(vu& a, vu& b) {
  a += b;
  b = rotate<A>(b) ^ a;
  a += b;
  b = rotate<B>(b) ^ a;
  a += b;
  b = rotate<C>(b) ^ a;
  a += b;
  b = rotate<D>(b) ^ a;
}

// Words [begin, begin + n) of the key's stream; begin is even.
LM_INLINE void fill_bits(uint32_t key0, uint32_t key1, int64_t begin, int64_t n, uint32_t* out) {
  const uint32_t key2 = key0 ^ key1 ^ 0x1bd11bdau;
  for (int64_t i = 0; i < n; i += 2 * kLanes) {
    vu a, b = splat_unsigned(key1);
    for (int l = 0; l < LM_LANES; ++l) a[l] = static_cast<uint32_t>((begin + i) / 2 + l) + key0;
    four_rounds<13, 15, 26, 6>(a, b);
    a += splat_unsigned(key1);
    b += splat_unsigned(key2 + 1);
    four_rounds<17, 29, 16, 24>(a, b);
    a += splat_unsigned(key2);
    b += splat_unsigned(key0 + 2);
    four_rounds<13, 15, 26, 6>(a, b);
    a += splat_unsigned(key0);
    b += splat_unsigned(key1 + 3);
    four_rounds<17, 29, 16, 24>(a, b);
    a += splat_unsigned(key1);
    b += splat_unsigned(key2 + 4);
    four_rounds<13, 15, 26, 6>(a, b);
    a += splat_unsigned(key2);
    b += splat_unsigned(key0 + 5);
    for (int l = 0; l < LM_LANES && i + 2 * l < n; ++l) {
      out[i + 2 * l] = a[l];
      if (i + 2 * l + 1 < n) out[i + 2 * l + 1] = b[l];
    }
  }
}

// The smallest upper 24 bits of a word that survive dropout: uniform ≥ rate, with both sides times 2²⁴.
LM_INLINE int32_t survival_threshold(double rate) { return static_cast<int32_t>(ceil(rate * 16777216.0)); }

}  // namespace
}  // namespace LM_NS
}  // namespace lemanic
