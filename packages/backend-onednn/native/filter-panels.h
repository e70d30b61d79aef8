// The second factor of a product in the order that `pointwise` reads it: in panels of a few columns. A filter that stays the
// same for many products, as in inference, is copied to them once.
#pragma once
#include <algorithm>
#include <cstring>

#include "binding.h"
#include "parallel.h"
#include "product-tile.h"
#include "scratch.h"
#include "transpose.h"

namespace roga {

/** How many numbers the panels of a k × n matrix take, in the precision that is set; 0 where no product reads them. */
double panelSize(int64_t k, int64_t n);

/** Copies a row-major k × n matrix to panels, in the precision that is set. */
void packFilter(ConstFloats w, int64_t k, int64_t n, Floats panels);

/** Numbers of memory that the panels of a k × n matrix take. */
template <class P>
int64_t panelNumbers(int64_t k, int64_t n) {
  return wordsOf<P>(k) * ((n + kLanes - 1) / kLanes * kLanes);
}

/**
 * Copies `count` numbers to words, the last one filled up with zero. Where there is a factor for each number, they are
 * multiplied by it first.
 */
template <class P>
ROGA_PRODUCT void copyWords(const float* from, const float* factors, int64_t count, float* to) {
  if constexpr (P::kRows == 1) {
    if (!factors) {
      std::memcpy(to, from, static_cast<size_t>(count) * sizeof(float));
      return;
    }
#pragma omp simd
    for (int64_t i = 0; i < count; i++) to[i] = from[i] * factors[i];
  } else {
#if defined(__AVX512F__)
    const auto some = [&](int64_t i) { return factors ? load(from + i) * load(factors + i) : load(from + i); };
    int64_t i = 0;
    for (; i + 2 * kLanes <= count; i += 2 * kLanes) store(to + i / 2, (Vector)P::follow(some(i), some(i + kLanes)));
    const auto rest = [&](int64_t from_) {
      const FirstLanes lanes{std::clamp<int64_t>(count - from_, 0, kLanes)};
      return factors ? lanes.load(from + from_) * lanes.load(factors + from_) : lanes.load(from + from_);
    };
    if (i < count) FirstLanes{wordsOf<P>(count - i)}.store(to + i / 2, (Vector)P::follow(rest(i), rest(i + kLanes)));
#endif
  }
}

/** Copies w, k × n, or n × k where it is transposed, to panels. */
template <class P>
void packWeights(const float* w, int64_t k, int64_t n, bool transposed, float* panels) {
  const int64_t count = (n + kPanel - 1) / kPanel, depth = wordsOf<P>(k);
  float* rows = nullptr;
  if (transposed && P::kRows > 1) {
    rows = scratch<float>(Scratch::kC, static_cast<size_t>(n * depth));
    parallelFor(n, k * n, 1, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; i++) copyWords<P>(w + i * k, nullptr, k, rows + i * depth);
    });
  }
  parallelFor(count, k * n, 1, [&](int64_t first, int64_t last) {
    if (!transposed) {
      const int64_t j = first * kPanel;
      return packPanels<P>(w + j, n, k, std::min(n, last * kPanel) - j, panels + j * depth);
    }
    for (int64_t panel = first; panel < last; panel++) {
      const int64_t j = panel * kPanel, columns = std::min<int64_t>(kPanel, n - j), wide = panelWidth(j, n);
      float* to = panels + j * depth;
      transposeTile((rows ? rows : w) + j * depth, depth, to, wide, depth, columns);
      for (int64_t p = 0; columns < wide && p < depth; p++) std::fill(to + p * wide + columns, to + (p + 1) * wide, 0.0f);
    }
  });
}

}  // namespace roga
