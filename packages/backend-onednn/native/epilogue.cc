#include "epilogue.h"

#include "activation.h"
#include "parallel.h"

namespace roga {

namespace {

template <class F>
void apply(Floats y, ConstFloats bias, F activation) {
  const int64_t n = static_cast<int64_t>(y.size);
  if (!bias) {
    parallelFor(n, n, 16, [&](int64_t begin, int64_t end) {
#pragma omp simd
      for (int64_t i = begin; i < end; i++) y.data[i] = activation(y.data[i]);
    });
    return;
  }
  const int64_t channels = static_cast<int64_t>(bias.size);
  if (channels == 0 || n % channels != 0) throw ArgumentError("y: expected rows of as many values as bias has");
  parallelFor(n / channels, n, 1, [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; row++) {
      float* values = y.data + row * channels;
#pragma omp simd
      for (int64_t c = 0; c < channels; c++) values[c] = activation(values[c] + bias.data[c]);
    }
  });
}

/** Calls f with the activation as a function of a number. */
template <class F>
void withActivation(Activation activation, float slope, F&& f) {
  switch (activation) {
    case Activation::kLinear: return f([](float z) { return z; });
    case Activation::kRelu: return f([](float z) { return activate<Activation::kRelu>(z); });
    case Activation::kRelu6: return f([](float z) { return activate<Activation::kRelu6>(z); });
    case Activation::kSwish: return f([](float z) { return activate<Activation::kSwish>(z); });
    case Activation::kSigmoid: return f([](float z) { return activate<Activation::kSigmoid>(z); });
    case Activation::kElu: return f([](float z) { return z >= 0 ? z : exponentialMinusOne(z); });
    case Activation::kLeakyRelu: return f([slope](float z) { return z < 0 ? slope * z : z; });
  }
  throw ArgumentError("activation: unknown");
}

}  // namespace

void biasActivation(Floats y, ConstFloats bias, int64_t activation, double alpha) {
  require(y, 0, "y");
  if (!bias && activation == 0) return;
  withActivation(activationOf(activation), static_cast<float>(alpha), [&](auto f) { apply(y, bias, f); });
}

void finishPixels(float* y, int64_t pixels, int64_t channels, const Epilogue& epilogue) {
  const float* bias = epilogue.bias;
  if (!bias) {
    if (epilogue.activation != Activation::kLinear) activateValues(y, pixels * channels, epilogue.activation, epilogue.slope);
    return;
  }
  withActivation(epilogue.activation, epilogue.slope, [&](auto f) {
    for (int64_t pixel = 0; pixel < pixels; pixel++) {
      float* values = y + pixel * channels;
#pragma omp simd
      for (int64_t c = 0; c < channels; c++) values[c] = f(values[c] + bias[c]);
    }
  });
}

void activateValues(float* values, int64_t count, Activation activation, float slope) {
  withActivation(activation, slope, [&](auto f) {
#pragma omp simd
    for (int64_t i = 0; i < count; i++) values[i] = f(values[i]);
  });
}

}  // namespace roga
