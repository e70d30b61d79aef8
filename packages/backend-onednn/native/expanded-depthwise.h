// A depthwise convolution of images whose channels a convolution with a 1×1 filter makes, as in an inverted residual block.
// There are several times as many channels between the two as before: they are computed a few rows at a time, and never
// leave the cache.
#pragma once
#include "binding.h"

namespace roga {

/**
 * y = activation(z ∗ filter + bias) where z = expandActivation(x · expansion + expandBias). `shape` is that of the depthwise
 * convolution, as in convolution.h; x has `channels` numbers per pixel, and the expansion is a row-major matrix of as many
 * rows. `panels`, what packFilter made of it, and the biases may be left out; so may `mean`, that of each channel of y over
 * each image. Only in float32, and where the package's own products are used (panelSize is not 0).
 */
void expandedDepthwise(Ints shape, ConstFloats x, int64_t channels, ConstFloats expansion, ConstFloats panels, ConstFloats expandBias,
                       int64_t expandActivation, ConstFloats filter, ConstFloats bias, Floats y, Floats mean, int64_t activation);

}  // namespace roga
