// Depthwise convolution with one filter per channel, and its gradients; `shape` as in convolution.h.
#pragma once
#include "binding.h"

namespace roga {

/**
 * y = activation(p(x) ∗ filter (+ bias, where it is given)), each channel with its own filter; groups and both channel
 * counts are equal. The numbers of activations are those of activation.h; `alpha` is the slope of leaky relu. p is the
 * prologue of `factors`, which may be undefined, and the activation `before`; see prologue.h.
 */
void depthwise(Ints shape, ConstFloats x, ConstFloats factors, int64_t before, ConstFloats filter, ConstFloats bias, Floats y,
               int64_t activation, double alpha);

/** The same, and the mean of each channel of y over each image: n × c numbers. */
void depthwiseMean(Ints shape, ConstFloats x, ConstFloats factors, int64_t before, ConstFloats filter, ConstFloats bias, Floats y,
                   Floats mean, int64_t activation, double alpha);

/**
 * Gradients with respect to p(x) and the filter; either may be left out (undefined). Both together cost little more than
 * one, since dy is read once. With dx and factors, `sums` gets what batch normalization's gradient needs of dx
 * (normalization-terms.h): a sum for each channel, then a product; it may be undefined.
 */
void depthwiseBackward(Ints shape, ConstFloats x, ConstFloats factors, int64_t before, ConstFloats dy, ConstFloats filter,
                       Floats dx, Floats dfilter, Doubles sums);

}  // namespace roga
