// Convolution, and its gradients. `shape` is an Int32Array of batch, input height, width, channels, output channels,
// filter height, width, strides (2), padding top, left, bottom, right, dilations (2), groups, output height, width.
#pragma once
#include "binding.h"

namespace roga {

/** y = activation(x ∗ filter (+ bias, where it is given)), by the numbers of activation.h; `alpha` is the slope of leaky relu. */
void convolution(Ints shape, ConstFloats x, ConstFloats filter, ConstFloats bias, Floats y, int64_t activation, double alpha);
void convolutionBackwardInput(Ints shape, ConstFloats dy, ConstFloats filter, Floats dx);
void convolutionBackwardFilter(Ints shape, ConstFloats x, ConstFloats dy, Floats dfilter);

}  // namespace roga
