// What the package's own matrix products share: how much of a result is held in registers, and the order that the matrix
// which is read by vectors is copied to.
#pragma once
#include <algorithm>
#include <cstdint>
#include <utility>

#if defined(__AVX512F__)
#include <immintrin.h>
#endif

#include "vector.h"

namespace roga {

/** A tile of a result, which with a row of the second factor fills the registers: kTall rows of kWide vectors. */
constexpr int kTall = kLanes == 16 ? 14 : 6;
constexpr int kWide = 2;
constexpr int kPanel = kWide * kLanes;

/** Whether the compiler has the registers and the multiply-add that these products are made for. */
#if defined(__AVX512F__) || (defined(__AVX2__) && defined(__FMA__))
constexpr bool kHasProducts = true;
#else
constexpr bool kHasProducts = false;
#endif

/**
 * Functions that may use products of bfloat16. What runs them looks first whether the processor has these instructions;
 * the compiler puts none into the float32 instances.
 */
#if defined(__AVX512F__)
#define ROGA_PRODUCT __attribute__((target("avx512bf16")))
constexpr bool kHasBfloat16Products = true;
#else
#define ROGA_PRODUCT
constexpr bool kHasBfloat16Products = false;
#endif

/** Products of float32: a word of a packed factor is a number. */
struct Float32 {
  /** Rows of the second factor, and columns of the first, that make one word. */
  static constexpr int64_t kRows = 1;
  static ROGA_PRODUCT inline Vector add(Vector sum, float word, Vector words) { return sum + word * words; }
  static ROGA_PRODUCT inline Vector join(Vector row, Vector) { return row; }
};

/** Products of bfloat16, added up in float32: a word holds two numbers that follow each other in the sum. */
struct Bfloat16 {
  static constexpr int64_t kRows = 2;
#if defined(__AVX512F__)
  static ROGA_PRODUCT inline Vector add(Vector sum, float word, Vector words) {
    return (Vector)_mm512_dpbf16_ps((__m512)sum, (__m512bh)_mm512_set1_ps(word), (__m512bh)words);
  }
  static ROGA_PRODUCT inline Vector join(Vector low, Vector high) {
    const __m512i order = _mm512_set_epi16(31, 15, 30, 14, 29, 13, 28, 12, 27, 11, 26, 10, 25, 9, 24, 8, 23, 7, 22, 6, 21, 5, 20, 4,
                                           19, 3, 18, 2, 17, 1, 16, 0);
    return (Vector)_mm512_permutexvar_epi16(order, follow(low, high));
  }
  /** Two vectors of numbers that follow each other, as one vector of words. */
  static ROGA_PRODUCT inline __m512i follow(Vector first, Vector second) {
    return (__m512i)_mm512_cvtne2ps_pbh((__m512)second, (__m512)first);
  }
#endif
};

/**
 * Memory that is asked for while the processor multiplies, so that it is in the cache when its turn comes: a few bytes
 * with every step along the sum, as many requests at once would keep the multiplication from its own.
 */
struct Ahead {
  const char* next;
  int64_t step;
  void ask() {
    __builtin_prefetch(next, 0, 2);
    next += step;
  }
};

/** The words that `count` numbers along the sum make. */
template <class P>
constexpr int64_t wordsOf(int64_t count) {
  return (count + P::kRows - 1) / P::kRows;
}

/** Rows that are copied this much later are asked for: the processor does not foresee the step from row to row. */
constexpr int64_t kAhead = 8;

/** The columns of the panel that begins at column j of `width`, in whole vectors. */
inline int64_t panelWidth(int64_t j, int64_t width) {
  return (std::min<int64_t>(kPanel, width - j) + kLanes - 1) / kLanes * kLanes;
}

/**
 * Copies `width` columns of rows that are `stride` apart into panels of kPanel columns, one after another, the last one
 * perhaps narrower and padded with zeros to whole vectors. A row of a panel holds the words of P::kRows rows.
 */
template <class P>
ROGA_PRODUCT void packPanels(const float* from, int64_t stride, int64_t rows, int64_t width, float* to) {
  const int64_t whole = width / kPanel * kPanel, words = wordsOf<P>(rows);
  const int64_t rest = width - whole, wide = (rest + kLanes - 1) / kLanes * kLanes;
  for (int64_t p = 0; p < words; p++, from += P::kRows * stride) {
    const bool alone = P::kRows > 1 && (p + 1) * P::kRows > rows;
    const float* next = from + (P::kRows - 1) * stride;
    for (int64_t j = 0; j < whole; j += kPanel) {
      float* row = to + j * words + p * kPanel;
      for (int i = 0; i < kPanel; i += kLanes) __builtin_prefetch(from + j + i + kAhead * stride);
      for (int i = 0; i < kPanel; i += kLanes) {
        store(row + i, P::join(load(from + j + i), alone ? Vector{} : load(next + j + i)));
      }
    }
    float* row = to + whole * words + p * wide;
    for (int64_t i = 0; i < rest; i += kLanes) {
      const FirstLanes lanes{std::min<int64_t>(kLanes, rest - i)};
      store(row + i, P::join(lanes.load(from + whole + i), alone ? Vector{} : lanes.load(next + whole + i)));
    }
  }
}

}  // namespace roga
