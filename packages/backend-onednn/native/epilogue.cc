#include "epilogue.h"

#include <type_traits>

#include "activation.h"
#include "parallel.h"
#include "vector-activation.h"

namespace roga {

namespace {

/** An activation of numbers; where it can be had faster, also of vectors. */
template <Activation A>
struct Activate {
  float operator()(float z) const { return activate<A>(z); }
#if defined(__AVX512F__)
  template <class V, class = std::enable_if_t<std::is_same_v<V, Vector> && (A == Activation::kSwish || A == Activation::kSigmoid)>>
  V operator()(V z) const {
    return A == Activation::kSwish ? swish(z) : sigmoid(z);
  }
#endif
};

/** values = f(values + bias), without a bias where it is null. */
template <class F>
inline void applyTo(float* values, const float* bias, int64_t count, F f) {
  if constexpr (std::is_invocable_v<F, Vector>) {
    overVectors(count, [&](int64_t i, auto lanes) {
      const Vector z = lanes.load(values + i);
      lanes.store(values + i, f(bias ? z + lanes.load(bias + i) : z));
    });
  } else if (bias) {
#pragma omp simd
    for (int64_t i = 0; i < count; i++) values[i] = f(values[i] + bias[i]);
  } else {
#pragma omp simd
    for (int64_t i = 0; i < count; i++) values[i] = f(values[i]);
  }
}

template <class F>
void applyToPixels(float* values, const float* bias, int64_t pixels, int64_t channels, F f) {
  if (!bias) return applyTo(values, nullptr, pixels * channels, f);
  for (int64_t pixel = 0; pixel < pixels; pixel++) applyTo(values + pixel * channels, bias, channels, f);
}

/** Calls f with the activation as a function of a number. */
template <class F>
void withActivation(Activation activation, float slope, F&& f) {
  switch (activation) {
    case Activation::kLinear: return f([](float z) { return z; });
    case Activation::kRelu: return f(Activate<Activation::kRelu>{});
    case Activation::kRelu6: return f(Activate<Activation::kRelu6>{});
    case Activation::kSwish: return f(Activate<Activation::kSwish>{});
    case Activation::kSigmoid: return f(Activate<Activation::kSigmoid>{});
    case Activation::kElu: return f([](float z) { return z >= 0 ? z : exponentialMinusOne(z); });
    case Activation::kLeakyRelu: return f([slope](float z) { return z < 0 ? slope * z : z; });
  }
  throw ArgumentError("activation: unknown");
}

}  // namespace

void biasActivation(Floats y, ConstFloats bias, int64_t activation, double alpha) {
  require(y, 0, "y");
  if (!bias && activation == 0) return;
  const int64_t size = static_cast<int64_t>(y.size), channels = bias ? static_cast<int64_t>(bias.size) : 1;
  if (channels == 0 || size % channels != 0) throw ArgumentError("y: expected rows of as many values as bias has");
  withActivation(activationOf(activation), static_cast<float>(alpha), [&](auto f) {
    parallelFor(size / channels, size, bias ? 1 : 16, [&](int64_t begin, int64_t end) {
      applyToPixels(y.data + begin * channels, bias.data, end - begin, channels, f);
    });
  });
}

void finishPixels(float* y, int64_t pixels, int64_t channels, const Epilogue& epilogue) {
  const bool none = !epilogue.bias && epilogue.activation == Activation::kLinear;
  if (none) return;
  withActivation(epilogue.activation, epilogue.slope,
                 [&](auto f) { applyToPixels(y, epilogue.bias, pixels, channels, f); });
}

void activateValues(float* values, int64_t count, Activation activation, float slope) {
  withActivation(activation, slope, [&](auto f) { applyTo(values, nullptr, count, f); });
}

}  // namespace roga
