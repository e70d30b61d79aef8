// Transposition of matrices that are in the cache.
#pragma once
#include <algorithm>
#include <cstdint>

#if defined(__AVX512F__)
#include <immintrin.h>
#endif

namespace roga {

/** The side of the squares that are transposed at once: whole cache lines of both matrices. */
constexpr int64_t kLine = 16;

/** to[i · toStride + j] = from[i + j · fromStride] for i, j < 16. */
#if defined(__AVX512F__)
inline void transposeSquare(const float* from, int64_t fromStride, float* to, int64_t toStride) {
  __m512 rows[16], pairs[16];
  for (int i = 0; i < 16; i++) rows[i] = _mm512_loadu_ps(from + i * fromStride);
  // Within each 4 × 4 square of 4 consecutive rows …
  for (int i = 0; i < 16; i += 2) {
    pairs[i] = _mm512_unpacklo_ps(rows[i], rows[i + 1]);
    pairs[i + 1] = _mm512_unpackhi_ps(rows[i], rows[i + 1]);
  }
  for (int i = 0; i < 16; i += 4) {
    for (int half = 0; half < 2; half++) {
      const __m512d low = _mm512_castps_pd(pairs[i + half]), high = _mm512_castps_pd(pairs[i + half + 2]);
      rows[i + 2 * half] = _mm512_castpd_ps(_mm512_unpacklo_pd(low, high));
      rows[i + 2 * half + 1] = _mm512_castpd_ps(_mm512_unpackhi_pd(low, high));
    }
  }
  // … and then the squares: rows[4 q + r] holds, in its quarter p, the elements 4 q … of the output's row 4 p + r.
  for (int r = 0; r < 4; r++) {
    const __m512 a = _mm512_shuffle_f32x4(rows[r], rows[4 + r], 0x88);
    const __m512 b = _mm512_shuffle_f32x4(rows[8 + r], rows[12 + r], 0x88);
    const __m512 c = _mm512_shuffle_f32x4(rows[r], rows[4 + r], 0xdd);
    const __m512 d = _mm512_shuffle_f32x4(rows[8 + r], rows[12 + r], 0xdd);
    _mm512_storeu_ps(to + r * toStride, _mm512_shuffle_f32x4(a, b, 0x88));
    _mm512_storeu_ps(to + (8 + r) * toStride, _mm512_shuffle_f32x4(a, b, 0xdd));
    _mm512_storeu_ps(to + (4 + r) * toStride, _mm512_shuffle_f32x4(c, d, 0x88));
    _mm512_storeu_ps(to + (12 + r) * toStride, _mm512_shuffle_f32x4(c, d, 0xdd));
  }
}
#else
inline void transposeSquare(const float* from, int64_t fromStride, float* to, int64_t toStride) {
  float square[kLine][kLine];
  for (int64_t j = 0; j < kLine; j++) {
    for (int64_t i = 0; i < kLine; i++) square[i][j] = from[i + j * fromStride];
  }
  for (int64_t i = 0; i < kLine; i++) {
    for (int64_t j = 0; j < kLine; j++) to[i * toStride + j] = square[i][j];
  }
}
#endif

/** to[i · toStride + j] = from[i + j · fromStride] for i < m, j < n. */
inline void transposeTile(const float* from, int64_t fromStride, float* to, int64_t toStride, int64_t m, int64_t n) {
  for (int64_t j = 0; j < n; j += kLine) {
    for (int64_t i = 0; i < m; i += kLine) {
      const float* in = from + i + j * fromStride;
      float* out = to + i * toStride + j;
      if (i + kLine <= m && j + kLine <= n) {
        transposeSquare(in, fromStride, out, toStride);
      } else {
        const int64_t width = std::min(kLine, m - i), height = std::min(kLine, n - j);
        for (int64_t a = 0; a < width; a++) {
          for (int64_t b = 0; b < height; b++) out[a * toStride + b] = in[a + b * fromStride];
        }
      }
    }
  }
}

}  // namespace roga
