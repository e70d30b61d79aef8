// A matrix product whose first factor has many rows: what a convolution with a 1×1 filter is, and its gradient with respect
// to its input.
#pragma once
#include "epilogue.h"

namespace roga {

/**
 * y = epilogue(x · w) for row-major x (rows × k), w (k × n, or n × k where it is transposed) and y (rows × n), which does
 * not overlap the others. With `bfloat16`, which needs a processor that has such products, x and w are rounded to it first.
 */
void pointwise(const float* x, const float* w, float* y, int64_t rows, int64_t k, int64_t n, bool transposed,
               const Epilogue& epilogue, bool bfloat16);

}  // namespace roga
