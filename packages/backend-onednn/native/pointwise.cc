// x · w for an x with many rows: w is in panels, and a few rows of x are multiplied by one panel after another. Rows of x
// are read where they are, or from a copy where many panels use them or they are multiplied by a gate.
#include "pointwise.h"

#include "filter-panels.h"
#include "matmul.h"
#include "parallel.h"
#include "pointwise-tile.h"
#include "scratch.h"

namespace roga {

namespace {

/** Panels, if fewer in all, and rows of x, if used by more panels, stay in the cache of a processor within these bytes. */
constexpr int64_t kCachedPanels = 384 << 10;
constexpr int64_t kCachedRows = 256 << 10;
/** Tiles that a thread takes at a time where it passes over them one by one; fewer are not worth taking apart. */
constexpr int64_t kSharedTiles = 8;
/** From so many panels on, rows of x are copied: at strides of a power of two they would compete for few cache lines. */
constexpr int64_t kCopiedFrom = 8;

/**
 * In how many blocks of at most `most` tiles the tiles are divided: so that all threads have as many, and twice where that
 * does not make blocks short.
 */
int64_t blocksOf(int64_t tiles, int64_t most, int64_t workers) {
  const int64_t needed = (tiles + most - 1) / most, even = (needed + workers - 1) / workers * workers;
  if (even == workers && tiles / (2 * workers) >= kSharedTiles) return 2 * workers;
  return std::min(even, tiles);
}

template <class P>
void multiplyIn(const PointwiseProduct& m) {
  const int64_t k = m.k, n = m.n, panelCount = (n + kPanel - 1) / kPanel, depth = wordsOf<P>(k);
  const float* panels = m.panels;
  if (!panels) {
    float* packed = scratch<float>(Scratch::kB, static_cast<size_t>(panelNumbers<P>(k, n)));
    packWeights<P>(m.w, k, n, m.transposed, packed);
    panels = packed;
  }
  // Either all panels pass over a tile's rows before the next tile's, or each panel over as many rows as the cache holds.
  const bool few = panelNumbers<P>(k, n) * 4 <= kCachedPanels;
  const int64_t most = few ? 1 : std::max<int64_t>(1, kCachedRows / (depth * 4 * kTall));
  const bool copies = P::kRows > 1 || panelCount >= kCopiedFrom || m.gate;
  const int64_t copyStride = (depth + kLanes - 1) / kLanes * kLanes + kLanes;
  const int workers = m.rows * k * n < (1 << 18) ? 1 : threads();
  const int64_t tiles = (m.rows + kTall - 1) / kTall, shared = few ? kSharedTiles : 1;
  const int64_t blocks = few ? tiles : blocksOf(tiles, most, workers);
  // The first row of a block: rows, like tiles, are divided as evenly as they can be.
  const auto start = [&](int64_t block) { return m.rows * block / blocks; };
  const size_t copySize = copies ? static_cast<size_t>((m.rows + blocks - 1) / blocks * copyStride) : 0;
  float* copy = scratch<float>(Scratch::kA, std::max<size_t>(1, copySize * static_cast<size_t>(workers)));
  const bool streamed = isStreamed(m.y, m.rows, n);
  parallelParts((blocks + shared - 1) / shared, workers, [&](int64_t i, int thread) {
    float* ownCopy = copy + copySize * static_cast<size_t>(thread);
    for (int64_t block = i * shared; block < std::min(blocks, (i + 1) * shared); block++) {
      const int64_t top = start(block), bottom = start(block + 1);
      const float* from = m.x + top * k;
      int64_t stride = k;
      if (copies) {
        for (int64_t row = top; row < bottom; row++) {
          const float* factors = m.gate ? m.gate + row / m.gatedRows * k : nullptr;
          copyWords<P>(m.x + row * k, factors, k, ownCopy + (row - top) * copyStride);
        }
        from = ownCopy;
        stride = copyStride;
      }
      // The block that this thread is likely to take next.
      const int64_t next = block + (few ? 1 : workers), there = next < blocks ? start(next + 1) - start(next) : 0;
      const Target target{m.y + top * n, n, n, m.epilogue, m.addend ? m.addend + top * n : nullptr, streamed};
      multiplyRows<P>(from, stride, bottom - top, panels, depth, target, m.x + (there ? start(next) : top) * k, there * k * 4);
    }
    if (streamed) endStreaming();
  });
}

/** The same by oneDNN, each step by itself. */
void multiplySeparately(const PointwiseProduct& m, int64_t activation, double alpha) {
  const auto span = [](const float* data, int64_t size) { return ConstFloats{data, data ? static_cast<size_t>(size) : 0}; };
  const float* x = m.x;
  if (m.gate) {
    float* gated = scratch<float>(Scratch::kPixels, static_cast<size_t>(m.rows * m.k));
    parallelFor(m.rows, m.rows * m.k, 1, [&](int64_t begin, int64_t end) {
      for (int64_t row = begin; row < end; row++) {
        copyWords<Float32>(m.x + row * m.k, m.gate + row / m.gatedRows * m.k, m.k, gated + row * m.k);
      }
    });
    x = gated;
  }
  const Floats y{m.y, static_cast<size_t>(m.rows * m.n)};
  matmul(span(x, m.rows * m.k), span(m.w, m.k * m.n), y, 1, m.rows, m.n, m.k, false, false, false, false);
  biasActivation(y, span(m.epilogue.bias, m.n), activation, alpha);
  if (!m.addend) return;
  parallelFor(m.rows * m.n, m.rows * m.n, 16, [&](int64_t begin, int64_t end) {
#pragma omp simd
    for (int64_t i = begin; i < end; i++) m.y[i] += m.addend[i];
  });
}

}  // namespace

void multiply(const PointwiseProduct& product) {
  if constexpr (kHasBfloat16Products) {
    if (product.bfloat16) return multiplyIn<Bfloat16>(product);
  }
  multiplyIn<Float32>(product);
}

void pointwise(ConstFloats x, ConstFloats w, ConstFloats panels, ConstFloats bias, ConstFloats gate, ConstFloats addend, Floats y,
               int64_t images, int64_t rows, int64_t k, int64_t n, int64_t activation, double alpha) {
  if (images < 1 || rows < 1 || k < 1 || n < 1 || rows % images != 0) {
    throw ArgumentError("expected images of as many rows each, and rows of at least one number");
  }
  require(x, product({rows, k}), "x");
  require(w, product({k, n}), "w");
  require(y, product({rows, n}), "y");
  if (bias) require(bias, n, "bias");
  if (gate) require(gate, product({images, k}), "gate");
  if (addend) require(addend, product({rows, n}), "addend");
  if (panels) require(panels, static_cast<int64_t>(panelSize(k, n)), "panels");
  const Epilogue epilogue{bias.data, activationOf(activation), static_cast<float>(alpha)};
  PointwiseProduct m{x.data, w.data, y.data, rows, k, n, false, epilogue, usesBfloat16(), panels.data, gate.data, rows / images,
                     addend.data};
  if (usesOwnProducts()) return multiply(m);
  multiplySeparately(m, activation, alpha);
}

}  // namespace roga
