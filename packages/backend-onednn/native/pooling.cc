// Average pooling and its gradient.
#include "pooling.h"

#include "pooling-windows.h"

namespace roga {

namespace {

/** Channels that are worked on at once. */
constexpr int64_t kChannels = 256;

/**
 * Gradients of windows, which add up where windows meet, so that each thread has images, or channels of an image, of its
 * own. Rows of dx are cleared as the windows come near them, while they are about to be used anyway. Calls
 * window(image, output row, output column, first channel, channels).
 */
template <class F>
void overGradients(const ConvolutionShape& s, float* dx, F&& window) {
  const int64_t width = s.n >= threads() ? s.c : kChannels, parts = (s.c + width - 1) / width;
  parallelFor(s.n * parts, s.inputSize(), 1, [&](int64_t begin, int64_t end) {
    for (int64_t task = begin; task < end; task++) {
      const int64_t n = task / parts, from = task % parts * width, to = std::min(s.c, from + width);
      float* image = dx + n * s.h * s.w * s.c;
      int64_t cleared = 0;
      const auto clearTo = [&](int64_t rows) {
        for (; cleared < rows; cleared++) {
          for (int64_t iw = 0; iw < s.w; iw++) std::fill_n(image + (cleared * s.w + iw) * s.c + from, to - from, 0.0f);
        }
      };
      for (int64_t oh = 0; oh < s.oh; oh++) {
        clearTo(std::max(cleared, std::min(s.h, oh * s.sh - s.top + (s.kh - 1) * s.dh + 1)));
        for (int64_t ow = 0; ow < s.ow; ow++) {
          for (int64_t first = from; first < to; first += kChannels) {
            window(n, oh, ow, first, std::min(kChannels, to - first));
          }
        }
      }
      clearTo(s.h);
    }
  });
}

}  // namespace

void averagePool(Ints shape, ConstFloats x, Floats y) {
  const ConvolutionShape s = poolShape(shape);
  require(x, s.inputSize(), "x");
  require(y, s.outputSize(), "y");
  overRows(s, [&](int64_t n, int64_t oh, int) {
    const float* image = x.data + n * s.h * s.w * s.c;
    for (int64_t ow = 0; ow < s.ow; ow++) {
      float* mean = y.data + ((n * s.oh + oh) * s.ow + ow) * s.c;
      std::fill_n(mean, s.c, 0.0f);
      int64_t count = 0;
      overWindow(s, oh, ow, [&](int64_t position) {
        const float* value = image + position;
        count++;
#pragma omp simd
        for (int64_t c = 0; c < s.c; c++) mean[c] += value[c];
      });
      for (int64_t c = 0; c < s.c; c++) mean[c] /= static_cast<float>(count);
    }
  });
}

void averagePoolBackward(Ints shape, ConstFloats dy, Floats dx) {
  const ConvolutionShape s = poolShape(shape);
  require(dy, s.outputSize(), "dy");
  require(dx, s.inputSize(), "dx");
  const float share = 1.0f / static_cast<float>(s.kh * s.kw);
  overGradients(s, dx.data, [&](int64_t n, int64_t oh, int64_t ow, int64_t first, int64_t channels) {
    const int64_t image = n * s.h * s.w * s.c + first;
    const float* from = dy.data + ((n * s.oh + oh) * s.ow + ow) * s.c + first;
    overWindow(s, oh, ow, [&](int64_t position) {
      float* gradient = dx.data + image + position;
#pragma omp simd
      for (int64_t c = 0; c < channels; c++) gradient[c] += share * from[c];
    });
  });
}

}  // namespace roga
