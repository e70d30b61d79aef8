// Depthwise convolution with one filter per channel; how a row is computed is in depthwise-rows.h.
#include "depthwise.h"

#include "depthwise-rows.h"
#include "epilogue.h"
#include "image-mean.h"
#include "parallel.h"
#include "prologue.h"
#include "scratch.h"

namespace roga {

using namespace depthwise_rows;

namespace {

/** Computes y, and calls done(row, its values) for every row of every image as it is computed. */
template <class F>
void forward(const ConvolutionShape& s, ConstFloats x, ConstFloats factors, int64_t before, ConstFloats filter, ConstFloats bias,
             Floats y, int64_t activation, double alpha, F&& done) {
  requireDepthwise(s);
  require(x, s.inputSize(), "x");
  require(filter, s.filterSize(), "filter");
  require(y, s.outputSize(), "y");
  if (bias) require(bias, s.c, "bias");
  const Epilogue epilogue{bias.data, activationOf(activation), static_cast<float>(alpha)};
  const Runs runs = runsFor(s);
  const Prologue prologue(factors, before, s.c);
  const PreparedImages images(prologue, x.data, s.h, s.w, s.c, (s.kh - 1) * s.dh + 1);
  float* memory = scratch<float>(Scratch::kC, images.size() * static_cast<size_t>(threads()));
  parallelFor(s.n * s.oh, s.outputSize() * s.kh, 1, [&](int64_t begin, int64_t end, int thread) {
    PreparedImages own = images;
    own.use(memory + images.size() * static_cast<size_t>(thread));
    for (int64_t row = begin; row < end; row++) {
      const int64_t n = row / s.oh, oh = row % s.oh;
      float* to = y.data + row * s.ow * s.c;
      const int64_t top = oh * s.sh - s.top;
      outputRow(s, runs, own.rows(n, top, top + (s.kh - 1) * s.dh + 1), filter.data, to, oh);
      finishPixels(to, s.ow, s.c, epilogue);
      done(row, to);
    }
  });
}

}  // namespace

void depthwise(Ints shape, ConstFloats x, ConstFloats factors, int64_t before, ConstFloats filter, ConstFloats bias, Floats y,
               int64_t activation, double alpha) {
  forward(ConvolutionShape(shape), x, factors, before, filter, bias, y, activation, alpha, [](int64_t, const float*) {});
}

void depthwiseMean(Ints shape, ConstFloats x, ConstFloats factors, int64_t before, ConstFloats filter, ConstFloats bias, Floats y,
                   Floats mean, int64_t activation, double alpha) {
  const ConvolutionShape s(shape);
  require(mean, s.n * s.c, "mean");
  // Sums of a row in float32, while it is in the cache; of the rows in double precision.
  float* sums = scratch<float>(Scratch::kAccumulators, static_cast<size_t>(s.n * s.oh * s.c));
  forward(s, x, factors, before, filter, bias, y, activation, alpha, [&](int64_t row, const float* values) {
    sumPixels(values, s.ow, s.c, sums + row * s.c);
  });
  meanOfRows(sums, s.n, s.oh, s.c, s.oh * s.ow, mean.data);
}

}  // namespace roga
