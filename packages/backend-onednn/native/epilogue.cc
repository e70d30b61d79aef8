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

}  // namespace

void biasActivation(Floats y, ConstFloats bias, int64_t activation, double alpha) {
  require(y, 0, "y");
  const float slope = static_cast<float>(alpha);
  switch (static_cast<Activation>(activation)) {
    case Activation::kLinear:
      return bias ? apply(y, bias, [](float z) { return z; }) : void();
    case Activation::kRelu:
      return apply(y, bias, [](float z) { return activate<Activation::kRelu>(z); });
    case Activation::kRelu6:
      return apply(y, bias, [](float z) { return activate<Activation::kRelu6>(z); });
    case Activation::kSwish:
      return apply(y, bias, [](float z) { return activate<Activation::kSwish>(z); });
    case Activation::kSigmoid:
      return apply(y, bias, [](float z) { return activate<Activation::kSigmoid>(z); });
    case Activation::kElu:
      return apply(y, bias, [](float z) { return z >= 0 ? z : exponentialMinusOne(z); });
    case Activation::kLeakyRelu:
      return apply(y, bias, [slope](float z) { return z < 0 ? slope * z : z; });
  }
  throw ArgumentError("activation: unknown");
}

}  // namespace roga
