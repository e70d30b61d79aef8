// Pooling over windows of an NHWC tensor; `shape` as in convolution.h with a filter of the window's size.
#pragma once
#include "binding.h"

namespace roga {

/**
 * The largest value of each window of p(x), the prologue of `factors`, which may be undefined, and the activation `before`
 * (prologue.h); NaN counts as less than any number, padding is left out.
 */
void maxPool(Ints shape, ConstFloats x, ConstFloats factors, int64_t before, Floats y);

/** dy goes to the first of the largest values of its window in p(x); nowhere where there is no number above −∞. */
void maxPoolBackward(Ints shape, ConstFloats x, ConstFloats factors, int64_t before, ConstFloats dy, Floats dx);

/** The mean of each window over the values inside the image. */
void averagePool(Ints shape, ConstFloats x, Floats y);

/** dy, divided by the window's size, goes to all values of the window, as in TensorFlow.js. */
void averagePoolBackward(Ints shape, ConstFloats dy, Floats dx);

}  // namespace roga
