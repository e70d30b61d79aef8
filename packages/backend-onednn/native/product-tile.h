// What the package's own matrix products share: how much of a result is held in registers, and the order that the matrix
// which is read by vectors is copied to.
#pragma once
#include <algorithm>
#include <cstdint>
#include <utility>

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

/** Rows that are copied this much later are asked for: the processor does not foresee the step from row to row. */
constexpr int64_t kAhead = 8;

/** The columns of the panel that begins at column j of `width`, in whole vectors. */
inline int64_t panelWidth(int64_t j, int64_t width) {
  return (std::min<int64_t>(kPanel, width - j) + kLanes - 1) / kLanes * kLanes;
}

/**
 * Copies `width` columns of rows that are `stride` apart into panels of kPanel columns, one after another, the last one
 * perhaps narrower and padded with zeros to whole vectors.
 */
inline void packPanels(const float* from, int64_t stride, int64_t rows, int64_t width, float* to) {
  const int64_t whole = width / kPanel * kPanel;
  const int64_t rest = width - whole, wide = (rest + kLanes - 1) / kLanes * kLanes;
  for (int64_t p = 0; p < rows; p++, from += stride) {
    for (int64_t j = 0; j < whole; j += kPanel) {
      float* row = to + j * rows + p * kPanel;
      for (int i = 0; i < kPanel; i += kLanes) __builtin_prefetch(from + j + i + kAhead * stride);
      for (int i = 0; i < kPanel; i += kLanes) store(row + i, load(from + j + i));
    }
    float* row = to + whole * rows + p * wide;
    overVectors(rest, [&](int64_t i, auto lanes) { store(row + i, lanes.load(from + whole + i)); });
  }
}

}  // namespace roga
