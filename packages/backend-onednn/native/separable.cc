// Rows of the depthwise convolution are computed into the copy that the product reads them from, so that they never leave
// the cache.
#include "separable.h"

#include "depthwise-rows.h"
#include "filter-panels.h"
#include "matmul.h"
#include "parallel.h"
#include "pointwise-tile.h"
#include "prologue.h"
#include "scratch.h"

namespace roga {

using namespace depthwise_rows;

namespace {

/** What is computed, and the arguments of it, checked. */
struct Separable {
  ConvolutionShape s;
  Prologue prologue;
  const float *x, *filter, *w, *panels, *addend;
  Epilogue between, after;
  int64_t n;
  float* y;
};

/** Pixels that the product takes at a time: as many as stay in the second level of the cache, in whole rows. */
constexpr int64_t kCachedPixels = 256 << 10;

template <class P>
void compute(const Separable& m) {
  const ConvolutionShape& s = m.s;
  const int64_t depth = wordsOf<P>(s.c), stride = (depth + kLanes - 1) / kLanes * kLanes + kLanes, row = s.ow * s.c;
  const float* panels = m.panels;
  if (!panels) {
    float* packed = scratch<float>(Scratch::kB, static_cast<size_t>(panelNumbers<P>(s.c, m.n)));
    packWeights<P>(m.w, s.c, m.n, false, packed);
    panels = packed;
  }
  const int workers = workersFor(s.outputSize());
  const int64_t rows = s.n * s.oh, bytes = s.ow * depth * 4;
  const int64_t most = (kCachedPixels + bytes - 1) / bytes;
  // Blocks of as many rows for every thread.
  const int64_t even = ((rows + most - 1) / most + workers - 1) / workers * workers, blocks = std::min(rows, even);
  const int64_t largest = (rows + blocks - 1) / blocks, window = (s.kh - 1) * s.dh + 1;
  const PreparedImages images(m.prologue, m.x, s.h, s.w, s.c, window);
  const int64_t prepared = static_cast<int64_t>(images.size()), own = (row + largest * s.ow * stride + prepared + 15) / 16 * 16;
  float* memory = scratch<float>(Scratch::kA, static_cast<size_t>(workers * own));
  const Runs runs = runsFor(s);
  const bool streamed = isStreamed(m.y, rows * s.ow, m.n);
  parallelParts(blocks, workers, [&](int64_t block, int thread) {
    float *values = memory + thread * own, *copy = values + row;
    PreparedImages input = images;
    input.use(copy + largest * s.ow * stride);
    const Range range{rows * block / blocks, rows * (block + 1) / blocks};
    for (int64_t r = range.begin; r < range.end; r++) {
      const int64_t oh = r % s.oh, top = oh * s.sh - s.top;
      outputRow(s, runs, input.rows(r / s.oh, top, top + window), m.filter, values, oh);
      finishPixels(values, s.ow, s.c, m.between);
      float* to = copy + (r - range.begin) * s.ow * stride;
      for (int64_t ow = 0; ow < s.ow; ow++) copyWords<P>(values + ow * s.c, nullptr, s.c, to + ow * stride);
    }
    const int64_t at = range.begin * s.ow * m.n;
    const Target target{m.y + at, m.n, m.n, m.after, m.addend ? m.addend + at : nullptr, streamed};
    // What the block that this thread is likely to take next reads first.
    const int64_t next = std::min(block + workers, blocks - 1), first = rows * next / blocks;
    const int64_t from = first / s.oh * s.h + std::min(s.h - 1, first % s.oh * s.sh);
    const int64_t there = std::min(s.n * s.h - from, largest * s.sh);
    multiplyRows<P>(copy, stride, (range.end - range.begin) * s.ow, panels, depth, target, m.x + from * s.w * s.c,
                    there * s.w * s.c * 4);
    if (streamed) endStreaming();
  });
}

}  // namespace

void separable(Ints shape, ConstFloats x, ConstFloats factors, int64_t before, ConstFloats filter, ConstFloats depthwiseBias,
               int64_t depthwiseActivation, ConstFloats w, int64_t n, ConstFloats panels, ConstFloats bias, ConstFloats addend,
               Floats y, int64_t activation) {
  const ConvolutionShape s(shape);
  requireDepthwise(s);
  if (!usesOwnProducts()) throw ArgumentError("only by the package's own products");
  if (n < 1) throw ArgumentError("expected a matrix of at least one column");
  const int64_t size = product({s.n, s.oh, s.ow, n});
  require(x, s.inputSize(), "x");
  require(filter, s.filterSize(), "filter");
  if (depthwiseBias) require(depthwiseBias, s.c, "depthwiseBias");
  require(w, product({s.c, n}), "w");
  if (panels) require(panels, static_cast<int64_t>(panelSize(s.c, n)), "panels");
  if (bias) require(bias, n, "bias");
  if (addend) require(addend, size, "addend");
  require(y, size, "y");
  const Separable m{s, Prologue(factors, before, s.c), x.data, filter.data, w.data, panels.data, addend.data,
                    {depthwiseBias.data, activationOf(depthwiseActivation), 0}, {bias.data, activationOf(activation), 0}, n, y.data};
  if constexpr (kHasBfloat16Products) {
    if (usesBfloat16()) return compute<Bfloat16>(m);
  }
  compute<Float32>(m);
}

}  // namespace roga
