// Vectors of float32 from storage types: a pointer to Bfloat or Half loads widened, as one to float loads as it is.
#pragma once
#include "half.h"
#include "simd.h"

namespace lemanic {
namespace LM_NS {
namespace {

struct Bfloat {
  uint16_t bits;
};
struct Half {
  uint16_t bits;
};

LM_INLINE float widened(float x) { return x; }
LM_INLINE float widened(Bfloat x) { return from_bfloat16(x.bits); }
LM_INLINE float widened(Half x) { return from_float16(x.bits); }

typedef uint16_t vh_memory __attribute__((vector_size(LM_LANES * 2), aligned(2), may_alias));
typedef uint32_t vw __attribute__((vector_size(LM_LANES * 4)));

// Two neighbours to a lane, as they lie.
typedef int32_t vi_pairs __attribute__((vector_size(LM_LANES * 4), aligned(2), may_alias));
LM_INLINE vi load_pairs(const Bfloat* at) { return *reinterpret_cast<const vi_pairs*>(at); }

LM_INLINE vf load(const Bfloat* at) {
  return (vf)(__builtin_convertvector(*reinterpret_cast<const vh_memory*>(at), vw) << 16);
}
LM_INLINE vf load(const Half* at) {
#if defined(__AVX512F__)
  return (vf)_mm512_cvtph_ps(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(at)));
#elif defined(__F16C__)
  return (vf)_mm256_cvtph_ps(_mm_loadu_si128(reinterpret_cast<const __m128i*>(at)));
#else
  // as from_float16: the exponent is shifted by a multiplication, which normalises denormals
  const vw x = __builtin_convertvector(*reinterpret_cast<const vh_memory*>(at), vw);
  const vw sign = (x & 0x8000) << 16, rest = (x & 0x7fff) << 13;
  const vf finite = (vf)rest * splat(0x1p112f);
  const vf special = (vf)(rest | 0x7f800000u);
  return (vf)((vw)select((vi)((x & 0x7c00) == 0x7c00), special, finite) | sign);
#endif
}

template <class T>
LM_INLINE vf load_part(const T* at, int64_t n) {
  float lanes[LM_LANES] = {};
  for (int i = 0; i < n; ++i) lanes[i] = widened(at[i]);
  return load(lanes);
}
template <class T>
LM_INLINE vf first_lanes(const T* at, int64_t n) {
  return n >= kLanes ? load(at) : load_part(at, n);
}

// f(data as a pointer to the type that `dtype` names), for the three types that products read.
template <class F>
LM_INLINE void with_type(const void* data, int32_t dtype, F&& f) {
  if (dtype == kFloat32) {
    f(static_cast<const float*>(data));
  } else if (dtype == kBfloat16) {
    f(static_cast<const Bfloat*>(data));
  } else {
    f(static_cast<const Half*>(data));
  }
}

}  // namespace
}  // namespace LM_NS
}  // namespace lemanic
