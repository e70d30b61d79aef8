// The sigmoid of whole vectors where the processor approximates reciprocals: a division takes as long there as the whole
// exponential. Within 3 units in the last place, as `sigmoid` of activation.h is; NaN stays NaN.
#pragma once
#include "vector.h"

#if defined(__AVX512F__)
#include <immintrin.h>
#endif

namespace roga {

#if defined(__AVX512F__)

/** 1 / x for a normal x whose reciprocal is normal: an approximation to 14 bits and a step of Newton's method. */
inline __m512 reciprocal(__m512 x) {
  const __m512 r = _mm512_rcp14_ps(x);
  return _mm512_fmadd_ps(_mm512_fnmadd_ps(x, r, _mm512_set1_ps(1.0f)), r, r);
}

/** 1 / (1 + e^−z). */
inline Vector sigmoid(Vector z) {
  const auto all = [](float value) { return _mm512_set1_ps(value); };
  // Of two numbers of which one is NaN, these give the second.
  const __m512 x = _mm512_min_ps(all(87.0f), _mm512_max_ps(all(-87.0f), (__m512)z));
  // −x = n ln 2 + r as in vector-math.h; e^r by a polynomial within 2⁻²⁸ over the reduced range.
  const __m512 shifted = _mm512_fnmadd_ps(x, all(1.44269504089f), all(12582912.0f));
  const __m512 n = _mm512_sub_ps(shifted, all(12582912.0f));
  const __m512 r = _mm512_fnmadd_ps(n, all(-2.12194440e-4f), _mm512_fnmsub_ps(n, all(0.693359375f), x));
  __m512 p = _mm512_fmadd_ps(r, all(1.381454e-3f), all(8.368745e-3f));
  p = _mm512_fmadd_ps(p, r, all(4.166839e-2f));
  p = _mm512_fmadd_ps(p, r, all(1.6666521e-1f));
  p = _mm512_fmadd_ps(p, r, all(4.9999994e-1f));
  p = _mm512_fmadd_ps(_mm512_mul_ps(r, r), p, r);
  // The low bits of `shifted` are n; adding them to an exponent multiplies by 2ⁿ.
  const __m512i power = _mm512_slli_epi32(_mm512_castps_si512(shifted), 23);
  const __m512 scale = _mm512_castsi512_ps(_mm512_add_epi32(power, _mm512_castps_si512(all(1.0f))));
  const __m512 one = all(1.0f);
  return (Vector)reciprocal(_mm512_fmadd_ps(_mm512_add_ps(p, one), scale, one));
}

inline Vector swish(Vector z) { return z * sigmoid(z); }

#endif

}  // namespace roga
