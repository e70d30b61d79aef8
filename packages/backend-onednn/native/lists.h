// Operations over lists of arrays, one call for all of them: packages/ops/src/kernels.ts says what each computes. The
// arrays of one index have the same length in all lists. Outputs may be the inputs.
#pragma once
#include "binding.h"

namespace roga {

/** out = factor · x; the factor is alpha, or the number in `factor` where that is given. */
void listScale(FloatList x, FloatList out, ConstFloats factor, double alpha);

/** out = factor · x + y, with a factor as above. */
void listAxpy(FloatList x, FloatList y, FloatList out, ConstFloats factor, double alpha);

/** out[0] = √Σ x². */
void listNorm(FloatList x, Floats out);

/** out[0] = Σ x · y. */
void listDot(FloatList x, FloatList y, Floats out);

/** out[i] = Σ values of x[i] squared. */
void listSquares(FloatList x, Floats out);

/** out = Σ_j factors[j] · x_j, where x has one list of the length of out after another. */
void listCombine(FloatList x, ConstFloats factors, FloatList out);

/** One step of gradient descent; the lists of momenta are empty where momentum is 0. */
void sgdUpdate(FloatList v, FloatList g, FloatList m, FloatList newV, FloatList newM, double learningRate,
               double momentum, bool nesterov, double weightDecay);

/** One step of Adam. `learningRate` is divided by 1 − beta1^step; `correction` is √(1 − beta2^step). */
void adamUpdate(FloatList v, FloatList g, FloatList m, FloatList s, FloatList newV, FloatList newM, FloatList newS,
                double learningRate, double beta1, double beta2, double epsilon, double weightDecay, double correction);

/** A step of moving averages: newV = v − (v − x) · rate. */
void averageUpdate(FloatList v, FloatList x, FloatList newV, double rate);

}  // namespace roga
