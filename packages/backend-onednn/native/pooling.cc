#include "pooling.h"

#include <limits>
#include <vector>

#include "convolution-shape.h"
#include "parallel.h"
#include "prologue.h"
#include "scratch.h"

namespace roga {

namespace {

ConvolutionShape poolShape(Ints numbers) {
  const ConvolutionShape s(numbers);
  if (s.k != s.c) throw ArgumentError("shape: expected as many output channels as input channels");
  return s;
}

/** Calls f(image position, tap) for every value of a window that lies inside the image. */
template <class F>
inline void overWindow(const ConvolutionShape& s, int64_t oh, int64_t ow, F&& f) {
  for (int64_t i = 0; i < s.kh; i++) {
    const int64_t ih = oh * s.sh - s.top + i * s.dh;
    if (ih < 0 || ih >= s.h) continue;
    for (int64_t j = 0; j < s.kw; j++) {
      const int64_t iw = ow * s.sw - s.left + j * s.dw;
      if (iw >= 0 && iw < s.w) f((ih * s.w + iw) * s.c);
    }
  }
}

/** Calls f(image, output row, thread) for all rows of the output. */
template <class F>
void overRows(const ConvolutionShape& s, F&& f) {
  parallelFor(s.n * s.oh, s.outputSize() * s.kh, 1, [&](int64_t begin, int64_t end, int thread) {
    for (int64_t row = begin; row < end; row++) f(row / s.oh, row % s.oh, thread);
  });
}

/** The images that windows are over, after a prologue, for each thread. */
class Windows {
 public:
  Windows(const ConvolutionShape& s, const Prologue& prologue, const float* x)
      : s_(s), images_(static_cast<size_t>(threads()), PreparedImages(prologue, x, s.h, s.w, s.c, (s.kh - 1) * s.dh + 1)) {
    const size_t size = images_[0].size();
    float* memory = scratch<float>(Scratch::kC, size * images_.size());
    for (size_t thread = 0; thread < images_.size(); thread++) images_[thread].use(memory + size * thread);
  }
  /** Image n, where windows of output row oh are read. */
  const float* at(int thread, int64_t n, int64_t oh) {
    const int64_t top = oh * s_.sh - s_.top;
    return images_[static_cast<size_t>(thread)].rows(n, top, top + (s_.kh - 1) * s_.dh + 1);
  }

 private:
  const ConvolutionShape& s_;
  std::vector<PreparedImages> images_;
};

/** Channels that are worked on at once. */
constexpr int64_t kChannels = 256;

/**
 * Gradients of windows, which add up where windows meet, so that each thread has images, or channels of an image, of its
 * own. Rows of dx are cleared as the windows come near them, while they are about to be used anyway. Calls
 * window(image, output row, output column, first channel, channels, thread).
 */
template <class F>
void overGradients(const ConvolutionShape& s, float* dx, F&& window) {
  const int64_t width = s.n >= threads() ? s.c : kChannels, parts = (s.c + width - 1) / width;
  parallelFor(s.n * parts, s.inputSize(), 1, [&](int64_t begin, int64_t end, int thread) {
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
            window(n, oh, ow, first, std::min(kChannels, to - first), thread);
          }
        }
      }
      clearTo(s.h);
    }
  });
}

}  // namespace

void maxPool(Ints shape, ConstFloats x, ConstFloats factors, int64_t before, Floats y) {
  const ConvolutionShape s = poolShape(shape);
  require(x, s.inputSize(), "x");
  require(y, s.outputSize(), "y");
  const Prologue prologue(factors, before, s.c);
  Windows windows(s, prologue, x.data);
  overRows(s, [&](int64_t n, int64_t oh, int thread) {
    const float* image = windows.at(thread, n, oh);
    for (int64_t ow = 0; ow < s.ow; ow++) {
      float* largest = y.data + ((n * s.oh + oh) * s.ow + ow) * s.c;
      std::fill_n(largest, s.c, -std::numeric_limits<float>::infinity());
      overWindow(s, oh, ow, [&](int64_t position) {
        const float* value = image + position;
#pragma omp simd
        for (int64_t c = 0; c < s.c; c++) largest[c] = value[c] > largest[c] ? value[c] : largest[c];
      });
    }
  });
}

void maxPoolBackward(Ints shape, ConstFloats x, ConstFloats factors, int64_t before, ConstFloats y, ConstFloats dy, Floats dx) {
  const ConvolutionShape s = poolShape(shape);
  require(x, s.inputSize(), "x");
  require(y, s.outputSize(), "y");
  require(dy, s.outputSize(), "dy");
  require(dx, s.inputSize(), "dx");
  const Prologue prologue(factors, before, s.c);
  Windows windows(s, prologue, x.data);
  overGradients(s, dx.data, [&](int64_t n, int64_t oh, int64_t ow, int64_t first, int64_t channels, int thread) {
    const int64_t image = n * s.h * s.w * s.c + first, output = ((n * s.oh + oh) * s.ow + ow) * s.c + first;
    const float* values = windows.at(thread, n, oh) + first;
    const float* largest = y.data + output;
    // What is left to give: the first value that equals the largest takes it. Without a number there is none.
    float left[kChannels];
    for (int64_t c = 0; c < channels; c++) {
      left[c] = largest[c] > -std::numeric_limits<float>::infinity() ? dy[output + c] : 0.0f;
    }
    overWindow(s, oh, ow, [&](int64_t position) {
      const float* value = values + position;
      float* gradient = dx.data + image + position;
#pragma omp simd
      for (int64_t c = 0; c < channels; c++) {
        const bool taken = value[c] == largest[c];
        gradient[c] += taken ? left[c] : 0.0f;
        left[c] = taken ? 0.0f : left[c];
      }
    });
  });
}

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
  overGradients(s, dx.data, [&](int64_t n, int64_t oh, int64_t ow, int64_t first, int64_t channels, int) {
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
