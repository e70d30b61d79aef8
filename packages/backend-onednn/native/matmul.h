// Matrix products, which also are the convolutions with 1×1 filters.
#pragma once
#include "binding.h"

namespace roga {

/** In what precision products are computed; sums and storage stay float32. */
enum class Precision { kFloat32, kBfloat16 };

/** The precision of products from now on. Throws where the CPU lacks bfloat16 products. */
void setBfloat16(bool on);
bool usesBfloat16();

/**
 * out[i] = op(a[i]) · op(b[i]) for i in [0, batch), row-major: op(a) is m×k, op(b) k×n. `sharedA`/`sharedB`: the same
 * matrix for every i.
 */
void matmul(ConstFloats a, ConstFloats b, Floats out, int64_t batch, int64_t m, int64_t n, int64_t k, bool transposeA,
            bool transposeB, bool sharedA, bool sharedB);

}  // namespace roga
