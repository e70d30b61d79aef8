// Softmax along the last axis.
#pragma once
#include "binding.h"

namespace roga {

/** y = eˣ / Σ eˣ for each row of [rows, columns]. */
void softmax(ConstFloats x, Floats y, int64_t rows, int64_t columns);

/** dx = y · (dy − Σ dy · y) for each row; y is the forward result. */
void softmaxBackward(ConstFloats dy, ConstFloats y, Floats dx, int64_t rows, int64_t columns);

}  // namespace roga
