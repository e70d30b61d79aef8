// Depthwise convolution with one filter per channel; how a row is computed is in depthwise-rows.h.
#include "depthwise.h"

#include "depthwise-rows.h"
#include "epilogue.h"
#include "parallel.h"
#include "prologue.h"
#include "scratch.h"

namespace roga {

using namespace depthwise_rows;

void depthwise(Ints shape, ConstFloats x, ConstFloats factors, int64_t before, ConstFloats filter, ConstFloats bias, Floats y,
               int64_t activation, double alpha) {
  const ConvolutionShape s(shape);
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
    }
  });
}

}  // namespace roga
