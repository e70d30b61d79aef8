// Element-by-element operations with broadcasting.
#pragma once
#include "binding.h"

namespace roga {

/** Operations of one argument; the numbers are shared with src/kernels/unary.ts. `alpha` is the operation's attribute. */
void unary(int64_t operation, ConstFloats x, Floats y, double alpha);

/**
 * Operations of two arguments; the numbers are shared with src/kernels/binary.ts. `dims` holds, for each of `rank`
 * axes, the output's size and the strides of a and b in elements (0 along a broadcast axis).
 */
void binary(int64_t operation, ConstFloats a, ConstFloats b, Floats out, Ints dims);

}  // namespace roga
