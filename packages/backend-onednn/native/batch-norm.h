// Batch normalisation over the last axis of a tensor of rows × channels values.
#pragma once
#include "binding.h"

namespace roga {

/**
 * Normalises with the statistics of this batch: y = activation(gamma · (x − mean) / √(variance + epsilon) + beta).
 * Writes mean and (biased) variance, and the factors of the prologue (prologue.h) that makes y of x: where y is left out,
 * a kernel that reads y can apply it. gamma and beta may be left out.
 */
void batchNormTraining(ConstFloats x, ConstFloats gamma, ConstFloats beta, Floats y, Floats mean, Floats variance, Floats factors,
                       double epsilon, int64_t activation);

/** Gradients of the above; z is computed again from x. `sums` (normalization-terms.h) may be undefined, or known already. */
void batchNormTrainingBackward(ConstFloats dy, ConstFloats x, ConstFloats gamma, ConstFloats beta, ConstFloats mean,
                               ConstFloats variance, Doubles sums, Floats dx, Floats dgamma, Floats dbeta, double epsilon,
                               int64_t activation);

/** Normalises with given statistics. */
void batchNorm(ConstFloats x, ConstFloats mean, ConstFloats variance, ConstFloats scale, ConstFloats offset, Floats y,
               double epsilon);

/** Gradients of normalisation with given statistics, with respect to everything. */
void batchNormBackward(ConstFloats dy, ConstFloats x, ConstFloats mean, ConstFloats variance, ConstFloats scale,
                       Floats dx, Floats dmean, Floats dvariance, Floats dscale, Floats doffset, double epsilon);

}  // namespace roga
