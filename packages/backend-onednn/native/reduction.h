// Sums, products and extremes over the middle axis of [outer, middle, inner]; other sets of axes are several such steps.
// Sums are accumulated in single precision over short blocks and in double precision over the blocks.
#pragma once
#include "binding.h"

namespace roga {

/**
 * out [outer, inner]: 0 scale · Σ x, 1 the largest, 2 the smallest, 3 the product, numbered as in
 * src/kernels/reduction.ts. A NaN makes the result NaN. No axis may be of length 0.
 */
void reduce(int64_t operation, ConstFloats x, Floats out, int64_t outer, int64_t middle, int64_t inner, double scale);

/** out [outer, inner] = Σ x · y over the middle axis. */
void reduceProduct(ConstFloats x, ConstFloats y, Floats out, int64_t outer, int64_t middle, int64_t inner);

}  // namespace roga
