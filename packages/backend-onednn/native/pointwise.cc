// x · w for an x with many rows. w is copied to panels once; then a few rows of x are multiplied by one panel after another,
// each product being summed to its end in registers, so that y is written once, together with bias and activation. Rows of
// x are read where they are, or from a copy where many panels use them.
#include "pointwise.h"

#include <cstring>

#include "epilogue.h"
#include "parallel.h"
#include "product-tile.h"
#include "scratch.h"
#include "transpose.h"

namespace roga {

namespace {

/** Panels, if fewer in all, and rows of x, if used by more panels, stay in the cache of a processor within these bytes. */
constexpr int64_t kCachedPanels = 384 << 10;
constexpr int64_t kCachedRows = 256 << 10;
/** Tiles that a thread takes at a time where it passes over them one by one. */
constexpr int64_t kSharedTiles = 8;
/** From so many panels on, rows of x are copied: at strides of a power of two they would compete for few cache lines. */
constexpr int64_t kCopiedFrom = 8;
/** A result larger than the caches is written past them. */
constexpr int64_t kStreamed = 24 << 20;

struct Target {
  float* y;
  int64_t stride, columns;
  Epilogue epilogue;  // its bias is that of the first column
  bool streamed;
};

inline Vector relu(Vector z) { return z <= 0.0f ? Vector{} : z; }
inline Vector relu6(Vector z) {
  const Vector low = relu(z);
  return low > 6.0f ? Vector{} + 6.0f : low;
}

inline void put(float* to, Vector value, int64_t columns, bool streamed) {
  if (columns < kLanes) {
    if (columns > 0) FirstLanes{columns}.store(to, value);
    return;
  }
#if defined(__AVX512F__)
  if (streamed) return _mm512_stream_ps(to, (__m512)value);
#else
  (void)streamed;
#endif
  store(to, value);
}

template <class P, int Tall, int Wide>
ROGA_PRODUCT void tile(const float* x, int64_t stride, const float* panel, int64_t depth, const Target& target) {
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
  if (activation == Activation::kRelu || activation == Activation::kRelu6) {
#pragma GCC unroll 16
    for (int i = 0; i < Tall; i++) {
#pragma GCC unroll 2
      for (int j = 0; j < Wide; j++) sum[i][j] = activation == Activation::kRelu ? relu(sum[i][j]) : relu6(sum[i][j]);
    }
  }
#pragma GCC unroll 16
  for (int i = 0; i < Tall; i++) {
#pragma GCC unroll 2
    for (int j = 0; j < Wide; j++) {
      put(target.y + i * target.stride + j * kLanes, sum[i][j], target.columns - j * kLanes, target.streamed);
    }
  }
  if (activation > Activation::kRelu6) {
    for (int i = 0; i < Tall; i++) activateValues(target.y + i * target.stride, target.columns, activation, target.epilogue.slope);
  }
}

using Tile = void (*)(const float*, int64_t, const float*, int64_t, const Target&);

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

/** Copies `count` numbers to words, the last one filled up with zero. */
template <class P>
ROGA_PRODUCT void copyWords(const float* from, int64_t count, float* to) {
  if constexpr (P::kRows == 1) {
    std::memcpy(to, from, static_cast<size_t>(count) * sizeof(float));
  } else {
#if defined(__AVX512F__)
    int64_t i = 0;
    for (; i + 16 <= count; i += 16) P::narrow(from + i, to + i / 2);
    if (i == count) return;
    float rest[16] = {}, words[8];
    std::memcpy(rest, from + i, static_cast<size_t>(count - i) * sizeof(float));
    P::narrow(rest, words);
    std::memcpy(to + i / 2, words, static_cast<size_t>(wordsOf<P>(count - i)) * sizeof(float));
#endif
  }
}

/** Copies w to panels: `panels` holds as many words as k makes, times the columns in whole vectors. */
template <class P>
void packWeights(const float* w, int64_t k, int64_t n, bool transposed, float* panels) {
  const int64_t count = (n + kPanel - 1) / kPanel, depth = wordsOf<P>(k);
  float* rows = nullptr;
  if (transposed && P::kRows > 1) {
    rows = scratch<float>(Scratch::kC, static_cast<size_t>(n * depth));
    parallelFor(n, k * n, 1, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; i++) copyWords<P>(w + i * k, k, rows + i * depth);
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

template <class P>
void pointwiseIn(const float* x, const float* w, float* y, int64_t rows, int64_t k, int64_t n, bool transposed,
                 const Epilogue& epilogue) {
  const int64_t panelColumns = (n + kLanes - 1) / kLanes * kLanes, panelCount = (n + kPanel - 1) / kPanel;
  const int64_t depth = wordsOf<P>(k);
  float* panels = scratch<float>(Scratch::kB, static_cast<size_t>(depth * panelColumns));
  packWeights<P>(w, k, n, transposed, panels);
  // Either all panels pass over a tile's rows before the next tile's, or each panel over as many rows as the cache holds.
  const bool few = depth * panelColumns * 4 <= kCachedPanels;
  const int64_t blockTiles = few ? 1 : std::max<int64_t>(1, kCachedRows / (depth * 4 * kTall));
  const bool copies = P::kRows > 1 || panelCount >= kCopiedFrom;
  const int64_t copyStride = (depth + kLanes - 1) / kLanes * kLanes + kLanes;
  const int workers = rows * k * n < (1 << 18) ? 1 : threads();
  const size_t copySize = copies ? static_cast<size_t>(blockTiles * kTall * copyStride) : 0;
  float* copy = scratch<float>(Scratch::kA, std::max<size_t>(1, copySize * static_cast<size_t>(workers)));
  const bool streamed = kLanes == 16 && rows * n * 4 > kStreamed && n % kLanes == 0 && reinterpret_cast<uintptr_t>(y) % 64 == 0 &&
                        epilogue.activation <= Activation::kRelu6;
  const int64_t tiles = (rows + kTall - 1) / kTall, share = few ? kSharedTiles : blockTiles;
  const auto start = [&](int64_t t) { return rows * t / tiles; };
  parallelParts((tiles + share - 1) / share, workers, [&](int64_t i, int thread) {
    float* ownCopy = copy + copySize * static_cast<size_t>(thread);
    const int64_t last = std::min(tiles, (i + 1) * share);
    for (int64_t block = i * share; block < last; block += blockTiles) {
      const int64_t end = std::min(last, block + blockTiles), top = start(block);
      const float* from = x + top * k;
      int64_t stride = k;
      if (copies) {
        for (int64_t row = top; row < start(end); row++) copyWords<P>(x + row * k, k, ownCopy + (row - top) * copyStride);
        from = ownCopy;
        stride = copyStride;
      }
      // What the next block reads, which the processor does not foresee where rows are short.
      if (end + blockTiles <= tiles) {
        const char* next = reinterpret_cast<const char*>(x + start(end) * k);
        const char* after = reinterpret_cast<const char*>(x + start(end + blockTiles) * k);
        for (; next < after; next += 64) __builtin_prefetch(next);
      }
      for (int64_t j = 0; j < n; j += kPanel) {
        const int64_t columns = std::min<int64_t>(kPanel, n - j);
        Epilogue own = epilogue;
        if (own.bias) own.bias += j;
        for (int64_t t = block; t < end; t++) {
          const int64_t row = start(t), tall = start(t + 1) - row;
          const Target target{y + row * n + j, n, columns, own, streamed};
          tileFor<P>(tall, columns)(from + (row - top) * stride, stride, panels + j * depth, depth, target);
        }
      }
    }
#if defined(__AVX512F__)
    if (streamed) _mm_sfence();
#endif
  });
}

}  // namespace

void pointwise(const float* x, const float* w, float* y, int64_t rows, int64_t k, int64_t n, bool transposed,
               const Epilogue& epilogue, bool bfloat16) {
  if constexpr (kHasBfloat16Products) {
    if (bfloat16) return pointwiseIn<Bfloat16>(x, w, y, rows, k, n, transposed, epilogue);
  }
  pointwiseIn<Float32>(x, w, y, rows, k, n, transposed, epilogue);
}

}  // namespace roga
