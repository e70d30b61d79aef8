// What the kinds of pooling share.
#pragma once
#include "convolution-shape.h"
#include "parallel.h"

namespace roga {

inline ConvolutionShape poolShape(Ints numbers) {
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

}  // namespace roga
