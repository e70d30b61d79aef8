// A few rows of a product: they are multiplied by one panel of the second factor after another, each number of the result
// being summed to its end in registers, so that it is written once, with bias, activation and addend.
#pragma once
#include <algorithm>
#include <cstring>

#include "epilogue.h"
#include "product-tile.h"

namespace roga {

/** Where a tile's result goes and what it goes through. Pointers are to the tile's first row and column. */
struct Target {
  float* y;
  int64_t stride, columns;
  /** Its bias is that of the first column. */
  Epilogue epilogue;
  /** What is added to the activated result, laid out as y is; null for nothing. */
  const float* addend;
  /** Whether y is written past the caches. */
  bool streamed;
};

/** Whether a result of `rows` rows of n numbers is to be written past the caches: where it is larger than they are. */
inline bool isStreamed(const float* y, int64_t rows, int64_t n) {
  constexpr int64_t kStreamed = 24 << 20;
  return kLanes == 16 && rows * n * 4 > kStreamed && n % kLanes == 0 && reinterpret_cast<uintptr_t>(y) % 64 == 0;
}

/** Makes what this thread has written so seen by others. */
inline void endStreaming() {
#if defined(__AVX512F__)
  _mm_sfence();
#endif
}

namespace detail {

inline Vector relu(Vector z) { return z <= 0.0f ? Vector{} : z; }
inline Vector relu6(Vector z) {
  const Vector low = relu(z);
  return low > 6.0f ? Vector{} + 6.0f : low;
}

/** Finishes and writes one vector of a row, at `column` of the tile. */
inline void put(const Target& target, int64_t row, int64_t column, Vector value) {
  const int64_t columns = target.columns - column, at = row * target.stride + column;
  if (columns <= 0) return;
  if (columns < kLanes) {
    const FirstLanes lanes{columns};
    if (target.addend) value += lanes.load(target.addend + at);
    return lanes.store(target.y + at, value);
  }
  if (target.addend) value += load(target.addend + at);
#if defined(__AVX512F__)
  if (target.streamed) return _mm512_stream_ps(target.y + at, (__m512)value);
#endif
  store(target.y + at, value);
}

}  // namespace detail

template <class P, int Tall, int Wide>
ROGA_PRODUCT void tile(const float* x, int64_t stride, const float* panel, int64_t depth, const Target& target, Ahead ahead) {
  Vector sum[Tall][Wide];
  const float* bias = target.epilogue.bias;
#pragma GCC unroll 2
  for (int j = 0; j < Wide; j++) {
    Vector start = {};
    const int64_t left = target.columns - j * kLanes;
    if (bias && left >= kLanes) start = load(bias + j * kLanes);
    else if (bias && left > 0) start = FirstLanes{left}.load(bias + j * kLanes);
#pragma GCC unroll 16
    for (int i = 0; i < Tall; i++) sum[i][j] = start;
  }
  // One pointer to three rows, as addresses are base, base + stride and base + 2 · stride: not a register for each.
  constexpr int kPointers = (Tall + 2) / 3;
  const float* rows[kPointers];
#pragma GCC unroll 5
  for (int g = 0; g < kPointers; g++) rows[g] = x + 3 * g * stride;
  for (int64_t p = 0; p < depth; p++, panel += Wide * kLanes) {
    ahead.ask();
    Vector row[Wide];
#pragma GCC unroll 2
    for (int j = 0; j < Wide; j++) row[j] = load(panel + j * kLanes);
#pragma GCC unroll 16
    for (int i = 0; i < Tall; i++) {
      const float value = rows[i / 3][(i % 3) * stride];
#pragma GCC unroll 2
      for (int j = 0; j < Wide; j++) sum[i][j] = P::add(sum[i][j], value, row[j]);
    }
#pragma GCC unroll 5
    for (int g = 0; g < kPointers; g++) {
      rows[g]++;
      asm("" : "+r"(rows[g]));
    }
  }
  const Activation activation = target.epilogue.activation;
  if (activation > Activation::kRelu6) {
    // These need registers of their own: the sums go through the nearest cache, all of them in one loop.
    alignas(64) float values[Tall * Wide * kLanes];
#pragma GCC unroll 16
    for (int i = 0; i < Tall; i++) {
#pragma GCC unroll 2
      for (int j = 0; j < Wide; j++) store(values + (i * Wide + j) * kLanes, sum[i][j]);
    }
    activateValues(values, Tall * Wide * kLanes, activation, target.epilogue.slope);
    for (int i = 0; i < Tall; i++) {
#pragma GCC unroll 2
      for (int j = 0; j < Wide; j++) detail::put(target, i, j * kLanes, load(values + (i * Wide + j) * kLanes));
    }
    return;
  }
  if (activation != Activation::kLinear) {
#pragma GCC unroll 16
    for (int i = 0; i < Tall; i++) {
#pragma GCC unroll 2
      for (int j = 0; j < Wide; j++) {
        sum[i][j] = activation == Activation::kRelu ? detail::relu(sum[i][j]) : detail::relu6(sum[i][j]);
      }
    }
  }
#pragma GCC unroll 16
  for (int i = 0; i < Tall; i++) {
#pragma GCC unroll 2
    for (int j = 0; j < Wide; j++) detail::put(target, i, j * kLanes, sum[i][j]);
  }
}

using Tile = void (*)(const float*, int64_t, const float*, int64_t, const Target&, Ahead);

template <class P, int Wide, int... Tall>
constexpr Tile tileOf(int64_t tall, std::integer_sequence<int, Tall...>) {
  constexpr Tile tiles[] = {tile<P, Tall + 1, Wide>...};
  return tiles[tall - 1];
}

template <class P>
Tile tileFor(int64_t tall, int64_t wide) {
  const std::make_integer_sequence<int, kTall> heights;
  return wide <= kLanes ? tileOf<P, 1>(tall, heights) : tileOf<P, kWide>(tall, heights);
}

/**
 * Some rows of a product by all panels, of which each passes over all rows before the next: x holds `rows` rows of `depth`
 * words that are `stride` apart. `target` is that of the first row, for all n columns. Meanwhile `bytes` from `next` on are
 * brought to the cache.
 */
template <class P>
void multiplyRows(const float* x, int64_t stride, int64_t rows, const float* panels, int64_t depth, const Target& target,
                  const float* next, int64_t bytes) {
  const int64_t n = target.columns, tiles = (rows + kTall - 1) / kTall;
  Ahead ahead{reinterpret_cast<const char*>(next), bytes / (tiles * ((n + kPanel - 1) / kPanel) * depth)};
  for (int64_t j = 0; j < n; j += kPanel) {
    Target part = target;
    part.columns = std::min<int64_t>(kPanel, n - j);
    if (part.epilogue.bias) part.epilogue.bias += j;
    for (int64_t t = 0; t < tiles; t++) {
      const int64_t row = rows * t / tiles, tall = rows * (t + 1) / tiles - row, at = row * target.stride + j;
      part.y = target.y + at;
      part.addend = target.addend ? target.addend + at : nullptr;
      tileFor<P>(tall, part.columns)(x + row * stride, stride, panels + j * depth, depth, part, ahead);
      ahead.next += depth * ahead.step;
    }
  }
}

}  // namespace roga
