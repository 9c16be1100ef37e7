// Elementary functions on vectors, within a few units in the last place of the C library's, with IEEE's special cases.
// Polynomials after Cephes (exp, log, tanh) and N. Juffa's single-precision erf.
#pragma once
#include "simd.h"

namespace lemanic {
namespace LM_NS {
namespace {

LM_INLINE vf power_of_two(vi n) { return (vf)((n + 127) << 23); }

// 2^n·(1 + …) for x = n·ln 2 + r; both halves of n are applied apart, so that results reach infinity and denormals.
LM_INLINE vf exponential(vf x) {
  x = select(x > splat(89.0f), splat(89.0f), x);
  x = select(x < splat(-104.0f), splat(-104.0f), x);
  const vf magic = splat(12582912.0f);  // 1.5·2²³ rounds to an integer
  const vf shifted = x * splat(1.44269504088896341f) + magic;
  const vf n = shifted - magic;
  vf r = x - n * splat(0.693359375f);
  r = r - n * splat(-2.12194440e-4f);
  vf p = splat(1.9875691500e-4f);
  p = p * r + splat(1.3981999507e-3f);
  p = p * r + splat(8.3334519073e-3f);
  p = p * r + splat(4.1665795894e-2f);
  p = p * r + splat(1.6666665459e-1f);
  p = p * r + splat(5.0000001201e-1f);
  p = p * (r * r) + r + splat(1.0f);
  const vi whole = (vi)shifted - (vi)magic;
  const vi half = whole >> 1;
  return p * power_of_two(half) * power_of_two(whole - half);
}

// For x ≤ 0 whose results need no denormals (softmax, Gaussian): one scaling; exactly 0 below −88, NaN stays.
LM_INLINE vf exponential_of_negative(vf x) {
  x = larger_or_second(splat(-88.03f), x);  // n = −127 there, whose power of two is written as 0
  const vf magic = splat(12582912.0f);
  const vf shifted = x * splat(1.44269504088896341f) + magic;
  const vf n = shifted - magic;
  vf r = x - n * splat(0.693359375f);
  r = r - n * splat(-2.12194440e-4f);
  vf p = splat(1.9875691500e-4f);
  p = p * r + splat(1.3981999507e-3f);
  p = p * r + splat(8.3334519073e-3f);
  p = p * r + splat(4.1665795894e-2f);
  p = p * r + splat(1.6666665459e-1f);
  p = p * r + splat(5.0000001201e-1f);
  p = p * (r * r) + r + splat(1.0f);
  return p * (vf)(((vi)shifted - ((vi)magic - 127)) << 23);
}

LM_INLINE vf logarithm(vf x) {
  const vi tiny = x < splat(1.17549435e-38f);
  const vf scaled = select(tiny, x * splat(8388608.0f), x);
  const vi bits = (vi)scaled;
  vf exponent = to_float(((bits >> 23) & 0xff) - 126) - select(tiny, splat(23.0f), splat(0.0f));
  vf m = (vf)((bits & 0x007fffff) | 0x3f000000);  // [0.5, 1)
  const vi low = m < splat(0.707106781186547524f);
  exponent = exponent - select(low, splat(1.0f), splat(0.0f));
  m = m - splat(1.0f) + select(low, m, splat(0.0f));
  const vf z = m * m;
  vf p = splat(7.0376836292e-2f);
  p = p * m + splat(-1.1514610310e-1f);
  p = p * m + splat(1.1676998740e-1f);
  p = p * m + splat(-1.2420140846e-1f);
  p = p * m + splat(1.4249322787e-1f);
  p = p * m + splat(-1.6668057665e-1f);
  p = p * m + splat(2.0000714765e-1f);
  p = p * m + splat(-2.4999993993e-1f);
  p = p * m + splat(3.3333331174e-1f);
  p = p * m * z;
  p = p + exponent * splat(-2.12194440e-4f);
  p = p - splat(0.5f) * z;
  vf y = m + p + exponent * splat(0.693359375f);
  y = select(x == splat(INFINITY), x, y);
  y = select(x == splat(0.0f), splat(-INFINITY), y);
  y = select(x < splat(0.0f), splat(NAN), y);
  return select(x != x, x, y);
}

LM_INLINE vf sigmoid(vf x) { return splat(1.0f) / (splat(1.0f) + exponential(-x)); }

LM_INLINE vf hyperbolic_tangent(vf x) {
  const vf a = absolute(x);
  const vf s = x * x;
  vf p = splat(-5.70498872745e-3f);
  p = p * s + splat(2.06390887954e-2f);
  p = p * s + splat(-5.37397155531e-2f);
  p = p * s + splat(1.33314422036e-1f);
  p = p * s + splat(-3.33332819422e-1f);
  const vf near = p * s * x + x;
  const vf e = exponential(a + a);
  const vf far = copy_sign(splat(1.0f) - splat(2.0f) / (e + splat(1.0f)), x);
  return select(a < splat(0.625f), near, select(x != x, x, far));
}

LM_INLINE vf error_function(vf x) {
  const vf t = absolute(x);
  const vf s = x * x;
  vf r = splat(-1.72853470e-5f) * t + splat(3.83197126e-4f);
  const vf u = splat(-3.88396438e-3f) * t + splat(2.42546219e-2f);
  r = r * s + u;
  r = r * t + splat(-1.06777877e-1f);
  r = r * t + splat(-6.34846687e-1f);
  r = r * t + splat(-1.28717512e-1f);
  r = r * t - t;
  // beyond 4 the polynomial turns; erf is 1 there to the last bit
  const vf far = copy_sign(splat(1.0f) - select(t > splat(4.0f), splat(0.0f), exponential_of_negative(r)), x);
  vf q = splat(-5.96761703e-4f);
  q = q * s + splat(4.99119423e-3f);
  q = q * s + splat(-2.67681349e-2f);
  q = q * s + splat(1.12819925e-1f);
  q = q * s + splat(-3.76125336e-1f);
  q = q * s + splat(1.28379166e-1f);
  const vf near = q * x + x;
  return select(t > splat(0.921875f), far, select(x != x, x, near));
}

// The same within 2e-7 in one rational form (the coefficients are those of Eigen's float erf), for GELU.
LM_INLINE vf error_function_fast(vf x) {
  x = larger_or_second(splat(-4.0f), smaller_or_second(splat(4.0f), x));
  const vf s = x * x;
  vf p = splat(-2.72614225801306e-10f);
  p = p * s + splat(2.77068142495902e-08f);
  p = p * s + splat(-2.10102402082508e-06f);
  p = p * s + splat(-5.69250639462346e-05f);
  p = p * s + splat(-7.34990630326855e-04f);
  p = p * s + splat(-2.95459980854025e-03f);
  p = p * s + splat(-1.60960333262415e-02f);
  vf q = splat(-1.45660718464996e-05f);
  q = q * s + splat(-2.13374055278905e-04f);
  q = q * s + splat(-1.68282697438203e-03f);
  q = q * s + splat(-7.37332916720468e-03f);
  q = q * s + splat(-1.42647390514189e-02f);
  return x * p / q;
}

}  // namespace
}  // namespace LM_NS
}  // namespace lemanic
