// What follows a product or a convolution in a fused operation.
#pragma once
#include "activation.h"
#include "binding.h"

namespace roga {

/**
 * y = activation(y + bias), in place. y holds rows of as many values as bias has; without a bias, any values. The numbers
 * of activations are those of activation.h; `alpha` is the slope of leaky relu.
 */
void biasActivation(Floats y, ConstFloats bias, int64_t activation, double alpha);

/** Activates values in place, on this thread. */
void activateValues(float* values, int64_t count, Activation activation, float slope);

}  // namespace roga
