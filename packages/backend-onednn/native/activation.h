// Activations that are computed together with what precedes them, and their derivatives. The numbers are shared with
// src/kernels/activation.ts.
#pragma once
#include <cstdint>

#include "binding.h"
#include "vector-math.h"

namespace roga {

enum class Activation : int64_t { kLinear = 0, kRelu = 1, kRelu6 = 2, kSwish = 3, kSigmoid = 4, kElu = 5, kLeakyRelu = 6 };

/** The activation of a number; throws ArgumentError where there is none. */
inline Activation activationOf(int64_t number) {
  if (number < 0 || number > static_cast<int64_t>(Activation::kLeakyRelu)) throw ArgumentError("activation: unknown");
  return static_cast<Activation>(number);
}

/** 1 / (1 + e^−x) within 3 units in the last place; the exponential needs no denormal numbers here. NaN stays NaN. */
inline float sigmoid(float x) {
  float bounded = x < -87.0f ? -87.0f : x;
  bounded = bounded > 87.0f ? 87.0f : bounded;
  const detail::Reduced reduced = detail::reduce(-bounded);
  const float r = reduced.r;
  const float e = (1.0f + (r + r * r * detail::exponentialTail(r))) * detail::powerOfTwo(reduced.integer);
  return 1.0f / (1.0f + e);
}

/** The activation of z. The comparisons keep a NaN. */
template <Activation A>
inline float activate(float z) {
  if constexpr (A == Activation::kRelu) return z <= 0.0f ? 0.0f : z;
  if constexpr (A == Activation::kRelu6) return z <= 0.0f ? 0.0f : (z > 6.0f ? 6.0f : z);
  if constexpr (A == Activation::kSwish) return z * sigmoid(z);
  if constexpr (A == Activation::kSigmoid) return sigmoid(z);
  return z;
}

/** dy times the activation's derivative at z. */
template <Activation A>
inline float activateBackward(float z, float dy) {
  if constexpr (A == Activation::kRelu) return z > 0.0f ? dy : 0.0f;
  if constexpr (A == Activation::kRelu6) return z > 0.0f && z <= 6.0f ? dy : 0.0f;
  if constexpr (A == Activation::kSwish) {
    const float s = sigmoid(z);
    return dy * s * (1.0f + z * (1.0f - s));
  }
  return dy;
}

}  // namespace roga
