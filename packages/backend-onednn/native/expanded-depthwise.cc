#include "expanded-depthwise.h"

#include <cstring>

#include "depthwise-rows.h"
#include "filter-panels.h"
#include "image-mean.h"
#include "matmul.h"
#include "parallel.h"
#include "pointwise-tile.h"
#include "scratch.h"

namespace roga {

using namespace depthwise_rows;

namespace {

/** Rows of an expanded image that are kept take about so many bytes, which the second level of the cache has. */
constexpr int64_t kKept = 384 << 10;

/** What expands images: x · expansion, and what follows it. */
struct Expansion {
  const float *x, *panels;
  int64_t channels, images, height, width, expanded;
  Epilogue epilogue;

  /** Rows [first, end) of image n. */
  void compute(int64_t n, int64_t first, int64_t end, float* to) const {
    const Target target{to, expanded, expanded, epilogue, nullptr, false};
    const float* from = x + (n * height + first) * width * channels;
    // Then come as many rows again.
    const int64_t next = n * height + end, rows = std::min(end - first, images * height - next);
    multiplyRows<Float32>(from, channels, (end - first) * width, panels, channels, target, x + (rows > 0 ? next * width * channels : 0),
                          std::max<int64_t>(0, rows) * width * channels * 4);
  }
};

/** A few rows of an expanded image at a time, from the top to the bottom. One thread uses it. */
class ExpandedRows {
 public:
  ExpandedRows(const Expansion& expansion, int64_t capacity, float* memory)
      : expansion_(expansion), capacity_(capacity), memory_(memory) {}

  /** Begins with another image, or elsewhere in it; rows from `last` on will not be asked for. */
  void begin(int64_t n, int64_t last) {
    n_ = n;
    first_ = end_ = 0;
    last_ = std::min(last, expansion_.height);
  }

  /** An image of which the rows [first, end) may be read; those beside the image are left out. */
  const float* rows(int64_t first, int64_t end) {
    const int64_t row = expansion_.width * expansion_.expanded;
    first = std::max<int64_t>(first, 0);
    end = std::min(end, last_);
    if (end > end_) {
      // What is kept moves to the front, and as many rows as there is room for are computed at once.
      const int64_t kept = std::max<int64_t>(0, end_ - first);
      std::memmove(memory_, memory_ + (end_ - kept - first_) * row, static_cast<size_t>(kept * row) * sizeof(float));
      const int64_t begin = std::max(first, end_), until = std::min(last_, first + capacity_);
      expansion_.compute(n_, begin, until, memory_ + kept * row);
      first_ = first;
      end_ = until;
    }
    return memory_ - first_ * row;
  }

 private:
  const Expansion& expansion_;
  int64_t capacity_;
  float* memory_;
  int64_t n_ = 0, first_ = 0, end_ = 0, last_ = 0;
};

}  // namespace

void expandedDepthwise(Ints shape, ConstFloats x, int64_t channels, ConstFloats expansion, ConstFloats panels, ConstFloats expandBias,
                       int64_t expandActivation, ConstFloats filter, ConstFloats bias, Floats y, Floats mean, int64_t activation) {
  const ConvolutionShape s(shape);
  requireDepthwise(s);
  if (!usesOwnProducts() || usesBfloat16()) throw ArgumentError("only in float32, by the package's own products");
  if (channels < 1) throw ArgumentError("channels: expected at least one");
  require(x, product({s.n * s.h * s.w, channels}), "x");
  require(expansion, product({channels, s.c}), "expansion");
  if (panels) require(panels, panelNumbers<Float32>(channels, s.c), "panels");
  if (expandBias) require(expandBias, s.c, "expandBias");
  require(filter, s.filterSize(), "filter");
  if (bias) require(bias, s.c, "bias");
  require(y, s.outputSize(), "y");
  if (mean) require(mean, s.n * s.c, "mean");
  const Epilogue epilogue{bias.data, activationOf(activation), 0};
  float* sums = mean ? scratch<float>(Scratch::kAccumulators, static_cast<size_t>(s.n * s.oh * s.c)) : nullptr;
  const float* packed = panels.data;
  if (!packed) {
    float* to = scratch<float>(Scratch::kB, static_cast<size_t>(panelNumbers<Float32>(channels, s.c)));
    packWeights<Float32>(expansion.data, channels, s.c, false, to);
    packed = to;
  }
  const Expansion expanded{x.data, packed, channels, s.n, s.h, s.w, s.c, {expandBias.data, activationOf(expandActivation), 0}};
  const int64_t row = s.w * s.c, window = (s.kh - 1) * s.dh + 1;
  const int64_t capacity = std::max(window + s.sh, std::min(s.h, kKept / (4 * row)));
  const int workers = workersFor(s.inputSize());
  float* memory = scratch<float>(Scratch::kA, static_cast<size_t>(workers * capacity * row));
  const Runs runs = runsFor(s);
  // Whole images where there are enough: rows at the seams of an image's parts are computed for both.
  const int64_t split = std::min(s.oh, workers == 1 ? 1 : (2 * workers + s.n - 1) / s.n);
  parallelParts(s.n * split, workers, [&](int64_t i, int thread) {
    const int64_t n = i / split;
    const Range part_ = part(s.oh, static_cast<int>(i % split), static_cast<int>(split));
    ExpandedRows rows(expanded, capacity, memory + thread * capacity * row);
    rows.begin(n, (part_.end - 1) * s.sh - s.top + window);
    for (int64_t oh = part_.begin; oh < part_.end; oh++) {
      const int64_t top = oh * s.sh - s.top, at = n * s.oh + oh;
      float* to = y.data + at * s.ow * s.c;
      outputRow(s, runs, rows.rows(top, top + window), filter.data, to, oh);
      finishPixels(to, s.ow, s.c, epilogue);
      if (sums) sumPixels(to, s.ow, s.c, sums + at * s.c);
    }
  });
  if (sums) meanOfRows(sums, s.n, s.oh, s.c, s.oh * s.ow, mean.data);
}

}  // namespace roga
