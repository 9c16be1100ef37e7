// Vectors of the compiler: 16 lanes where AVX-512 is, 8 where AVX2 is, else 4 (SSE, NEON, WebAssembly SIMD).
#pragma once
#include <math.h>
#include <string.h>

#include "kernels.h"
#include "parallel.h"
#if defined(__x86_64__)
#include <immintrin.h>
#if defined(__AVX512F__) && defined(__GNUC__) && !defined(__clang__)
// GCC 12 takes the undefined operand of its own masked intrinsics for a mistake (its bug 105593).
#pragma GCC diagnostic ignored "-Wuninitialized"
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif
#elif defined(__aarch64__)
#include <arm_neon.h>
#elif defined(__wasm__)
#include <wasm_simd128.h>
#endif

namespace lemanic {
namespace LM_NS {
namespace {

#if defined(__AVX512F__)
#define LM_LANES 16
#elif defined(__AVX2__)
#define LM_LANES 8
#else
#define LM_LANES 4
#endif

constexpr int kLanes = LM_LANES;

typedef float vf __attribute__((vector_size(LM_LANES * 4)));
typedef int32_t vi __attribute__((vector_size(LM_LANES * 4)));
typedef float vf_memory __attribute__((vector_size(LM_LANES * 4), aligned(4), may_alias));
typedef int32_t vi_memory __attribute__((vector_size(LM_LANES * 4), aligned(4), may_alias));

LM_INLINE vf load(const float* at) { return *reinterpret_cast<const vf_memory*>(at); }
LM_INLINE void store(float* at, vf x) { *reinterpret_cast<vf_memory*>(at) = x; }
LM_INLINE vi load(const int32_t* at) { return *reinterpret_cast<const vi_memory*>(at); }
LM_INLINE void store(int32_t* at, vi x) { *reinterpret_cast<vi_memory*>(at) = x; }

LM_INLINE vf splat(float x) {
#if LM_LANES == 16
  return vf{x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x};
#elif LM_LANES == 8
  return vf{x, x, x, x, x, x, x, x};
#else
  return vf{x, x, x, x};
#endif
}
LM_INLINE vi splat(int32_t x) {
#if LM_LANES == 16
  return vi{x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x};
#elif LM_LANES == 8
  return vi{x, x, x, x, x, x, x, x};
#else
  return vi{x, x, x, x};
#endif
}

// 0, 1, 2 …
LM_INLINE vi lane_numbers() {
#if LM_LANES == 16
  return vi{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
#elif LM_LANES == 8
  return vi{0, 1, 2, 3, 4, 5, 6, 7};
#else
  return vi{0, 1, 2, 3};
#endif
}

LM_INLINE vf select(vi mask, vf yes, vf no) {
#if defined(__AVX512F__)
  return mask ? yes : no;
#elif defined(__AVX2__)
  return (vf)_mm256_blendv_ps((__m256)no, (__m256)yes, (__m256)mask);
#elif defined(__SSE4_1__)
  return (vf)_mm_blendv_ps((__m128)no, (__m128)yes, (__m128)mask);
#else
  return (vf)((mask & (vi)yes) | (~mask & (vi)no));
#endif
}

// The first n lanes from memory, the others `rest`; memory beyond them is not touched.
LM_INLINE vf load_part(const float* at, int64_t n, float rest = 0) {
#if defined(__AVX512F__)
  return (vf)_mm512_mask_loadu_ps((__m512)splat(rest), static_cast<__mmask16>((1u << n) - 1), at);
#elif defined(__AVX2__)
  const vi mask = lane_numbers() < splat(static_cast<int32_t>(n));
  return select(mask, (vf)_mm256_maskload_ps(at, (__m256i)mask), splat(rest));
#else
  float lanes[LM_LANES];
  for (int i = 0; i < LM_LANES; ++i) lanes[i] = i < n ? at[i] : rest;
  return load(lanes);
#endif
}
LM_INLINE void store_part(float* at, vf x, int64_t n) {
#if defined(__AVX512F__)
  _mm512_mask_storeu_ps(at, static_cast<__mmask16>((1u << n) - 1), (__m512)x);
#elif defined(__AVX2__)
  _mm256_maskstore_ps(at, (__m256i)(lane_numbers() < splat(static_cast<int32_t>(n))), (__m256)x);
#else
  float lanes[LM_LANES];
  store(lanes, x);
  for (int i = 0; i < n; ++i) at[i] = lanes[i];
#endif
}

LM_INLINE vi to_integer(vf x) { return __builtin_convertvector(x, vi); }
LM_INLINE vf to_float(vi x) { return __builtin_convertvector(x, vf); }
LM_INLINE vf absolute(vf x) { return (vf)((vi)x & splat(int32_t{0x7fffffff})); }
LM_INLINE vf copy_sign(vf magnitude, vf sign) {
  const vi bit = splat(static_cast<int32_t>(0x80000000u));
  return (vf)(((vi)magnitude & ~bit) | ((vi)sign & bit));
}
// The larger; a NaN on either side wins.
LM_INLINE vf larger(vf a, vf b) { return select((a > b) | (a != a), a, b); }
LM_INLINE vf smaller(vf a, vf b) { return select((a < b) | (a != a), a, b); }
// x > other ? x : other, in one instruction: of a NaN on either side the second operand comes back.
LM_INLINE vf larger_or_second(vf x, vf other) {
#if defined(__AVX512F__)
  return (vf)_mm512_max_ps((__m512)x, (__m512)other);
#elif defined(__AVX2__)
  return (vf)_mm256_max_ps((__m256)x, (__m256)other);
#elif defined(__x86_64__)
  return (vf)_mm_max_ps((__m128)x, (__m128)other);
#elif defined(__wasm__)
  return (vf)wasm_f32x4_pmax((v128_t)other, (v128_t)x);
#else
  return select(x > other, x, other);
#endif
}
LM_INLINE vf smaller_or_second(vf x, vf other) {
#if defined(__AVX512F__)
  return (vf)_mm512_min_ps((__m512)x, (__m512)other);
#elif defined(__AVX2__)
  return (vf)_mm256_min_ps((__m256)x, (__m256)other);
#elif defined(__x86_64__)
  return (vf)_mm_min_ps((__m128)x, (__m128)other);
#elif defined(__wasm__)
  return (vf)wasm_f32x4_pmin((v128_t)other, (v128_t)x);
#else
  return select(x < other, x, other);
#endif
}
LM_INLINE vf square_root(vf x) {
#if defined(__AVX512F__)
  return (vf)_mm512_sqrt_ps((__m512)x);
#elif defined(__AVX2__)
  return (vf)_mm256_sqrt_ps((__m256)x);
#elif defined(__x86_64__)
  return (vf)_mm_sqrt_ps((__m128)x);
#elif defined(__wasm__)
  return (vf)wasm_f32x4_sqrt((v128_t)x);
#elif defined(__aarch64__)
  return (vf)vsqrtq_f32((float32x4_t)x);
#else
  for (int i = 0; i < LM_LANES; ++i) x[i] = sqrtf(x[i]);
  return x;
#endif
}

// The elements of a and b (one after the other) at even places, and those at odd ones.
LM_INLINE void split_pairs(vf a, vf b, vf& even, vf& odd) {
#if LM_LANES == 16
  even = __builtin_shufflevector(a, b, 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30);
  odd = __builtin_shufflevector(a, b, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31);
#elif LM_LANES == 8
  even = __builtin_shufflevector(a, b, 0, 2, 4, 6, 8, 10, 12, 14);
  odd = __builtin_shufflevector(a, b, 1, 3, 5, 7, 9, 11, 13, 15);
#else
  even = __builtin_shufflevector(a, b, 0, 2, 4, 6);
  odd = __builtin_shufflevector(a, b, 1, 3, 5, 7);
#endif
}

LM_INLINE float sum_lanes(vf x) {
#if LM_LANES == 16
  x += __builtin_shufflevector(x, x, 8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7);
  x += __builtin_shufflevector(x, x, 4, 5, 6, 7, 0, 1, 2, 3, 12, 13, 14, 15, 8, 9, 10, 11);
  x += __builtin_shufflevector(x, x, 2, 3, 0, 1, 6, 7, 4, 5, 10, 11, 8, 9, 14, 15, 12, 13);
  x += __builtin_shufflevector(x, x, 1, 0, 3, 2, 5, 4, 7, 6, 9, 8, 11, 10, 13, 12, 15, 14);
#elif LM_LANES == 8
  x += __builtin_shufflevector(x, x, 4, 5, 6, 7, 0, 1, 2, 3);
  x += __builtin_shufflevector(x, x, 2, 3, 0, 1, 6, 7, 4, 5);
  x += __builtin_shufflevector(x, x, 1, 0, 3, 2, 5, 4, 7, 6);
#else
  x += __builtin_shufflevector(x, x, 2, 3, 0, 1);
  x += __builtin_shufflevector(x, x, 1, 0, 3, 2);
#endif
  return x[0];
}
// Of vectors without NaN.
LM_INLINE float largest_lane(vf x) {
#if LM_LANES == 16
  x = larger_or_second(x, __builtin_shufflevector(x, x, 8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7));
  x = larger_or_second(x, __builtin_shufflevector(x, x, 4, 5, 6, 7, 0, 1, 2, 3, 12, 13, 14, 15, 8, 9, 10, 11));
  x = larger_or_second(x, __builtin_shufflevector(x, x, 2, 3, 0, 1, 6, 7, 4, 5, 10, 11, 8, 9, 14, 15, 12, 13));
  x = larger_or_second(x, __builtin_shufflevector(x, x, 1, 0, 3, 2, 5, 4, 7, 6, 9, 8, 11, 10, 13, 12, 15, 14));
#elif LM_LANES == 8
  x = larger_or_second(x, __builtin_shufflevector(x, x, 4, 5, 6, 7, 0, 1, 2, 3));
  x = larger_or_second(x, __builtin_shufflevector(x, x, 2, 3, 0, 1, 6, 7, 4, 5));
  x = larger_or_second(x, __builtin_shufflevector(x, x, 1, 0, 3, 2, 5, 4, 7, 6));
#else
  x = larger_or_second(x, __builtin_shufflevector(x, x, 2, 3, 0, 1));
  x = larger_or_second(x, __builtin_shufflevector(x, x, 1, 0, 3, 2));
#endif
  return x[0];
}

// y[i] = f(x[i]…) over n contiguous elements, f on vectors; one copy of f serves full vectors and the rest.
template <class F>
LM_INLINE void map1(float* y, const float* a, int64_t n, F&& f) {
  for (int64_t i = 0; i < n; i += kLanes) {
    const bool whole = i + kLanes <= n;
    const vf result = f(whole ? load(a + i) : load_part(a + i, n - i));
    if (whole) {
      store(y + i, result);
    } else {
      store_part(y + i, result, n - i);
    }
  }
}
template <class F>
LM_INLINE void map2(float* y, const float* a, const float* b, int64_t n, F&& f) {
  for (int64_t i = 0; i < n; i += kLanes) {
    const bool whole = i + kLanes <= n;
    const vf left = whole ? load(a + i) : load_part(a + i, n - i);
    const vf right = whole ? load(b + i) : load_part(b + i, n - i);
    const vf result = f(left, right);
    if (whole) {
      store(y + i, result);
    } else {
      store_part(y + i, result, n - i);
    }
  }
}

}  // namespace
}  // namespace LM_NS
}  // namespace lemanic
