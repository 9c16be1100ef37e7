#include "variants.h"

namespace lemanic {

#if defined(__wasm__)
static const Variant variants[] = {{"simd128", baseline::registry}};
static bool runs(int) { return true; }
#elif defined(__x86_64__)
static const Variant variants[] = {{"sse4.2", baseline::registry}, {"avx2+fma", avx2::registry}};
static bool runs(int variant) {
  return variant == 0 || (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"));
}
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
