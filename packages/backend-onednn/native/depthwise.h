// Depthwise convolution with one filter per channel, and its gradients; `shape` as in convolution.h.
#pragma once
#include "binding.h"

namespace roga {

/** y = x ∗ filter, each channel with its own filter; groups and both channel counts are equal. */
void depthwise(Ints shape, ConstFloats x, ConstFloats filter, Floats y);

/**
 * Gradients with respect to the input and the filter; either may be left out (undefined). Both together cost little
 * more than one, since dy is read once.
 */
void depthwiseBackward(Ints shape, ConstFloats x, ConstFloats dy, ConstFloats filter, Floats dx, Floats dfilter);

}  // namespace roga
