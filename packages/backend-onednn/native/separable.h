// A separable convolution: a depthwise one, then a product of each pixel's channels with a matrix.
#pragma once
#include "binding.h"

namespace roga {

/**
 * y = activation(z · w + bias) + addend where z = depthwiseActivation(p(x) ∗ filter + depthwiseBias). `shape` is that of the
 * depthwise convolution, as in convolution.h; p is the prologue of `factors` and `before`, as in depthwise.h; w is row-major,
 * of as many rows as there are channels and n columns. `panels`, what packFilter made of w, the biases and the addend may be
 * left out. Only where the package's own products are used (panelSize is not 0).
 */
void separable(Ints shape, ConstFloats x, ConstFloats factors, int64_t before, ConstFloats filter, ConstFloats depthwiseBias,
               int64_t depthwiseActivation, ConstFloats w, int64_t n, ConstFloats panels, ConstFloats bias, ConstFloats addend,
               Floats y, int64_t activation);

}  // namespace roga
