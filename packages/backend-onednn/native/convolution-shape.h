// The numbers that describe a convolution, as JavaScript passes them.
#pragma once
#include <cstdint>

#include "binding.h"

namespace roga {

/** See convolution.h for the order of the numbers. */
struct ConvolutionShape {
  int64_t n, h, w, c, k, kh, kw, sh, sw, top, left, bottom, right, dh, dw, groups, oh, ow;

  /** Throws ArgumentError where the numbers contradict each other. */
  explicit ConvolutionShape(Ints d) {
    if (d.size != 18) throw ArgumentError("shape: expected 18 numbers");
    int64_t* fields[18] = {&n,   &h,    &w,      &c,     &k,  &kh, &kw,     &sh, &sw,
                           &top, &left, &bottom, &right, &dh, &dw, &groups, &oh, &ow};
    for (int i = 0; i < 18; i++) {
      *fields[i] = d[i];
      if (d[i] < (i >= 9 && i <= 12 ? 0 : 1)) throw ArgumentError("shape: a number is too small");
    }
    if (c % groups != 0 || k % groups != 0) throw ArgumentError("shape: groups must divide both channel counts");
    const int64_t height = h + top + bottom - (kh - 1) * dh - 1, width = w + left + right - (kw - 1) * dw - 1;
    if (height < 0 || width < 0 || height / sh + 1 != oh || width / sw + 1 != ow) {
      throw ArgumentError("shape: the output size does not follow from the input size");
    }
    product({n, h, w, c});
    product({n, oh, ow, k});
    product({kh, kw, c, k});
  }

  /** Whether it is a product of the filter with the matrix of pixels, or of every sh-th and sw-th of them. */
  bool isProduct() const { return groups == 1 && kh == 1 && kw == 1 && (top | left) == 0 && (oh - 1) * sh < h && (ow - 1) * sw < w; }
  bool isStrided() const { return sh > 1 || sw > 1 || oh != h || ow != w; }
  int64_t inputSize() const { return n * h * w * c; }
  int64_t outputSize() const { return n * oh * ow * k; }
  int64_t filterSize() const { return kh * kw * (c / groups) * k; }
};

}  // namespace roga
