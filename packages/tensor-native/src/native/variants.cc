#include "variants.h"

namespace lemanic {

#if defined(__wasm__)
static const Variant variants[] = {{"simd128", baseline::registry}};
static bool runs(int) { return true; }
#elif defined(__x86_64__)
static const Variant variants[] = {{"sse4.2", baseline::registry}, {"avx2+fma", avx2::registry},
                                   {"avx512", avx512::registry}};
// What the flags of build.mjs let the compiler use (x86-64-v3, x86-64-v4). The compiler's run-time library reports a set
// only where the operating system keeps its registers too (XGETBV).
static bool runs(int variant) {
  const bool v3 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("bmi") &&
                  __builtin_cpu_supports("bmi2");
  const bool v4 = v3 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                  __builtin_cpu_supports("avx512cd") && __builtin_cpu_supports("avx512dq") &&
                  __builtin_cpu_supports("avx512vl");
  return variant == 0 || (variant == 1 ? v3 : v4);
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
