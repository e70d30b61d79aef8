// Element-by-element operations with broadcasting. Every array but `dims` is dense; outputs are written wholly.
#pragma once
#include "binding.h"

namespace roga {

/**
 * y = f(x). The operations are numbered as in src/kernels/unary.ts; `alpha` and `beta` are the operation's attributes,
 * if it has any. y may be x.
 */
void unary(int64_t operation, ConstFloats x, Floats y, double alpha, double beta);

/**
 * out = dy · f′, where f′ is computed from `saved`, the input or the output of the operation. The operations are
 * numbered as in src/kernels/unary-gradients.ts. out may be dy.
 */
void unaryGradient(int64_t operation, ConstFloats dy, ConstFloats saved, Floats out, double alpha, double beta);

/**
 * out = f(a, b), numbered as in src/kernels/binary.ts. `dims` holds, for each axis of the output, its size and the
 * strides of a and b in elements (0 along a broadcast axis).
 */
void binary(int64_t operation, ConstFloats a, ConstFloats b, Floats out, Ints dims);

/** out = 1 where the comparison holds and 0 elsewhere, numbered as in src/kernels/compare.ts; as `binary` otherwise. */
void compare(int64_t operation, ConstFloats a, ConstFloats b, Bytes out, Ints dims);

/** out = condition ? a : b, where each condition decides over `block` consecutive elements. */
void select(Bytes condition, ConstFloats a, ConstFloats b, Floats out, int64_t block);

/** out = the sum of all inputs, in their order. */
void addN(FloatList inputs, Floats out);

/** out = value everywhere. */
void fill(Floats out, double value);

/** Conversions, as JavaScript's typed arrays convert: towards zero and modulo 2³², 0 for what is not finite. */
void intsToFloats(Ints x, Floats y);
void bytesToFloats(Bytes x, Floats y);
void floatsToInts(ConstFloats x, Span<int32_t> y);

}  // namespace roga
