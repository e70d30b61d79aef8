// A matrix product whose first factor has many rows: what a convolution with a 1×1 filter is, and its gradient with respect
// to its input.
#pragma once
#include "activation.h"
#include "binding.h"

namespace roga {

/** What follows a sum: y = activation(sum + bias). */
struct Epilogue {
  /** One for each column; none where it is null. */
  const float* bias = nullptr;
  Activation activation = Activation::kLinear;
  /** The slope of leaky relu. */
  float slope = 0;
};

/**
 * y = epilogue(x · w) for row-major x (rows × k), w (k × n, or n × k where it is transposed) and y (rows × n), which does
 * not overlap the others. Throws std::bad_alloc.
 */
void pointwise(const float* x, const float* w, float* y, int64_t rows, int64_t k, int64_t n, bool transposed,
               const Epilogue& epilogue);

}  // namespace roga
