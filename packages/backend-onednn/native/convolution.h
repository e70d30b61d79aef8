// Convolution, and its gradients. `shape` is an Int32Array of batch, input height, width, channels, output channels,
// filter height, width, strides (2), padding top, left, bottom, right, dilations (2), groups, output height, width.
#pragma once
#include "binding.h"

namespace roga {

/** y = x ∗ filter (+ bias, where it is given). */
void convolution(Ints shape, ConstFloats x, ConstFloats filter, ConstFloats bias, Floats y);
void convolutionBackwardInput(Ints shape, ConstFloats dy, ConstFloats filter, Floats dx);
void convolutionBackwardFilter(Ints shape, ConstFloats x, ConstFloats dy, Floats dfilter);

}  // namespace roga
