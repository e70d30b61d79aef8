// What follows a product or a convolution in a fused operation.
#pragma once
#include "activation.h"
#include "binding.h"

namespace roga {

/** What follows a sum: y = activation(sum + bias). */
struct Epilogue {
  /** One for each channel; none where it is null. */
  const float* bias = nullptr;
  Activation activation = Activation::kLinear;
  /** The slope of leaky relu. */
  float slope = 0;
};

/** Applies it to pixels, in place and on this thread. */
void finishPixels(float* y, int64_t pixels, int64_t channels, const Epilogue& epilogue);

/**
 * y = activation(y + bias), in place. y holds rows of as many values as bias has; without a bias, any values. The numbers
 * of activations are those of activation.h; `alpha` is the slope of leaky relu.
 */
void biasActivation(Floats y, ConstFloats bias, int64_t activation, double alpha);

/** Activates values in place, on this thread. */
void activateValues(float* values, int64_t count, Activation activation, float slope);

}  // namespace roga
