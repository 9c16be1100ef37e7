#include "variants.h"

#if defined(__x86_64__)
#include <cpuid.h>
#endif

namespace lemanic {

#if defined(__wasm__)
static const Variant variants[] = {{"simd128", baseline::registry}};
static bool runs(int) { return true; }
#elif defined(__x86_64__)
static const Variant variants[] = {{"sse4.2", baseline::registry}, {"avx2+fma", avx2::registry},
                                   {"avx512", avx512::registry}};
// What the flags of build.mjs let the compiler use (x86-64-v3, x86-64-v4), and registers that the operating system keeps.
// Asked of the processor itself: not every compiler for Windows has the run-time library that answers for it.
template <int... Bits>
static bool has(uint32_t word) {
  constexpr uint32_t mask = ((uint32_t{1} << Bits) | ...);
  return (word & mask) == mask;
}
static bool runs(int variant) {
  if (variant == 0) return true;
  uint32_t a, b, c, d, kept, high;
  if (!__get_cpuid(1, &a, &b, &c, &d) || !has<12, 22, 27, 28, 29>(c)) return false;  // FMA, MOVBE, XGETBV, AVX, F16C
  __asm__("xgetbv" : "=a"(kept), "=d"(high) : "c"(0));
  if (!has<1, 2>(kept) || !__get_cpuid(0x80000001, &a, &b, &c, &d) || !has<5>(c)) return false;  // LZCNT
  if (!__get_cpuid_count(7, 0, &a, &b, &c, &d) || !has<3, 5, 8>(b)) return false;                // BMI, AVX2, BMI2
  return variant == 1 || (has<5, 6, 7>(kept) && has<16, 17, 28, 30, 31>(b));  // AVX-512 F, DQ, CD, BW, VL
}
#elif defined(__aarch64__)
static const Variant variants[] = {{"neon", baseline::registry}};
static bool runs(int) { return true; }
#else
static const Variant variants[] = {{"baseline", baseline::registry}};
static bool runs(int) { return true; }
#endif

const Variant* choose_variant(int32_t wanted) {
  constexpr int count = sizeof(variants) / sizeof(variants[0]);
  if (wanted >= 0 && wanted < count && runs(wanted)) return &variants[wanted];
  if (wanted >= 0) return &variants[0];
  for (int i = count - 1; i > 0; --i) {
    if (runs(i)) return &variants[i];
  }
  return &variants[0];
}

}  // namespace lemanic
