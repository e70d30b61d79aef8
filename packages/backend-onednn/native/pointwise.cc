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

inline Vector relu(Vector z) { return z < 0.0f ? Vector{} : z; }
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

template <int Tall, int Wide>
void tile(const float* x, int64_t stride, const float* panel, int64_t depth, const Target& target) {
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
      for (int j = 0; j < Wide; j++) sum[i][j] += value * row[j];
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

template <int Wide, int... Tall>
constexpr Tile tileOf(int64_t tall, std::integer_sequence<int, Tall...>) {
  constexpr Tile tiles[] = {tile<Tall + 1, Wide>...};
  return tiles[tall - 1];
}

Tile tileFor(int64_t tall, int64_t wide) {
  const std::make_integer_sequence<int, kTall> heights;
  return wide <= kLanes ? tileOf<1>(tall, heights) : tileOf<kWide>(tall, heights);
}

/** Copies w to panels: `panels` holds k times the columns in whole vectors. */
void packWeights(const float* w, int64_t k, int64_t n, bool transposed, float* panels) {
  const int64_t count = (n + kPanel - 1) / kPanel;
  parallelFor(count, k * n, 1, [&](int64_t first, int64_t last) {
    if (!transposed) {
      const int64_t j = first * kPanel;
      return packPanels(w + j, n, k, std::min(n, last * kPanel) - j, panels + j * k);
    }
    for (int64_t panel = first; panel < last; panel++) {
      const int64_t j = panel * kPanel, columns = std::min<int64_t>(kPanel, n - j), wide = panelWidth(j, n);
      float* to = panels + j * k;
      transposeTile(w + j * k, k, to, wide, k, columns);
      for (int64_t p = 0; columns < wide && p < k; p++) std::fill(to + p * wide + columns, to + (p + 1) * wide, 0.0f);
    }
  });
}

}  // namespace

void pointwise(const float* x, const float* w, float* y, int64_t rows, int64_t k, int64_t n, bool transposed,
               const Epilogue& epilogue) {
  const int64_t panelColumns = (n + kLanes - 1) / kLanes * kLanes, panelCount = (n + kPanel - 1) / kPanel;
  float* panels = scratch<float>(Scratch::kB, static_cast<size_t>(k * panelColumns));
  packWeights(w, k, n, transposed, panels);
  // Either all panels pass over a tile's rows before the next tile's, or each panel over as many rows as the cache holds.
  const bool few = k * panelColumns * 4 <= kCachedPanels;
  const int64_t blockTiles = few ? 1 : std::max<int64_t>(1, kCachedRows / (k * 4 * kTall));
  const bool copies = panelCount >= kCopiedFrom;
  const int64_t copyStride = (k + kLanes - 1) / kLanes * kLanes + kLanes;
  const int workers = rows * k * n < (1 << 18) ? 1 : threads();
  const size_t copySize = copies ? static_cast<size_t>(blockTiles * kTall * copyStride) : 0;
  float* copy = scratch<float>(Scratch::kA, std::max<size_t>(1, copySize * static_cast<size_t>(workers)));
  const bool streamed = kLanes == 16 && rows * n * 4 > kStreamed && n % kLanes == 0 && reinterpret_cast<uintptr_t>(y) % 64 == 0 &&
                        epilogue.activation <= Activation::kRelu6;
#pragma omp parallel num_threads(workers)
  {
    const Range own = part(rows, omp_get_thread_num(), omp_get_num_threads());
    float* ownCopy = copy + copySize * static_cast<size_t>(omp_get_thread_num());
    const int64_t tiles = (own.end - own.begin + kTall - 1) / kTall;
    const auto start = [&](int64_t t) { return own.begin + (own.end - own.begin) * t / tiles; };
    for (int64_t block = 0; block < tiles; block += blockTiles) {
      const int64_t end = std::min(tiles, block + blockTiles), top = start(block);
      const float* from = x + top * k;
      int64_t stride = k;
      if (copies) {
        for (int64_t i = top; i < start(end); i++) {
          std::memcpy(ownCopy + (i - top) * copyStride, x + i * k, static_cast<size_t>(k) * sizeof(float));
        }
        from = ownCopy;
        stride = copyStride;
      }
      // What the next blocks read, which the processor does not foresee where rows are short.
      if (end + blockTiles <= tiles) {
        const char* next = reinterpret_cast<const char*>(x + start(end) * k);
        const char* last = reinterpret_cast<const char*>(x + start(end + blockTiles) * k);
        for (; next < last; next += 64) __builtin_prefetch(next);
      }
      for (int64_t j = 0; j < n; j += kPanel) {
        const int64_t columns = std::min<int64_t>(kPanel, n - j);
        Epilogue after = epilogue;
        if (after.bias) after.bias += j;
        for (int64_t t = block; t < end; t++) {
          const int64_t row = start(t), tall = start(t + 1) - row;
          tileFor(tall, columns)(from + (row - top) * stride, stride, panels + j * k, k, {y + row * n + j, n, columns, after, streamed});
        }
      }
    }
#if defined(__AVX512F__)
    if (streamed) _mm_sfence();
#endif
  }
}

}  // namespace roga
