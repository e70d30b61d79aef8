// Kernels that move numbers without computing.
#pragma once
#include "binding.h"

namespace roga {

/** Copies `rows` rows of `length` elements, which are `xStride` apart in x and `yStride` in y, from and to an offset. */
void copyRows(ConstFloats x, Floats y, int64_t rows, int64_t length, int64_t xOffset, int64_t xStride, int64_t yOffset,
              int64_t yStride);

/**
 * y = x with its axes in another order. `dims` holds, for each axis of y, its size and the stride of x along it; one of
 * the strides is 1, and the sizes cover x.
 */
void transpose(ConstFloats x, Floats y, Ints dims);

/**
 * y[i, j, …] = x[f(i), g(j), …], where each axis has a function made of segments. For every axis of y, `axes` holds the
 * stride of x along it, the number of segments, and for each segment its length, the index in x of its first element and
 * the step from one to the next; an index of -1 stands for elements that are `value`.
 */
void remap(ConstFloats x, Floats y, Ints axes, double value);

}  // namespace roga
