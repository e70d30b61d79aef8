// The product of a transposed matrix with another, both long and narrow: what a 1×1 convolution's gradient with respect to
// its filter is.
#pragma once
#include "binding.h"

namespace roga {

/** out = aᵀ · b for row-major a (length × m), b (length × n) and out (m × n). */
void outerProduct(ConstFloats a, ConstFloats b, Floats out, int64_t length, int64_t m, int64_t n);

}  // namespace roga
