// Operations of one argument, and the gradients of those whose chain rule is one pass over two arrays.
#include <cmath>

#include "elementwise.h"
#include "parallel.h"
#include "vector-math.h"

namespace roga {

namespace {

/** y = f(x); `cost` is what one element takes beside a load and a store. */
template <class F>
void map(ConstFloats x, Floats y, int64_t cost, F f) {
  const float* in = x.data;
  float* out = y.data;
  const int64_t n = static_cast<int64_t>(x.size);
  parallelFor(n, n * cost, 16, [=](int64_t begin, int64_t end) {
#pragma omp simd
    for (int64_t i = begin; i < end; i++) out[i] = f(in[i]);
  });
}

template <class F>
void mapPair(ConstFloats a, ConstFloats b, Floats y, int64_t cost, F f) {
  const float* left = a.data;
  const float* right = b.data;
  float* out = y.data;
  const int64_t n = static_cast<int64_t>(a.size);
  parallelFor(n, n * cost, 16, [=](int64_t begin, int64_t end) {
#pragma omp simd
    for (int64_t i = begin; i < end; i++) out[i] = f(left[i], right[i]);
  });
}

}  // namespace

// Comparisons are written so that a NaN passes through; relu and relu6 of −0 are 0.
void unary(int64_t operation, ConstFloats x, Floats y, double first, double second) {
  require(x, 0, "x");
  require(y, static_cast<int64_t>(x.size), "y");
  const float alpha = static_cast<float>(first);
  const float beta = static_cast<float>(second);
  switch (operation) {
    case 0:
      return map(x, y, 1, [](float v) { return v <= 0 ? 0.0f : v; });
    case 1:
      return map(x, y, 1, [](float v) {
        const float positive = v <= 0 ? 0.0f : v;
        return positive > 6 ? 6.0f : positive;
      });
    case 2:
      return map(x, y, 1, [alpha](float v) { return v < 0 ? alpha * v : v; });
    case 3:
      return map(x, y, 4, [](float v) { return v < 0 ? exponentialMinusOne(v) : v; });
    case 4:
      return map(x, y, 4, [](float v) { return sigmoidOf(v); });
    case 5:
      return map(x, y, 4, [](float v) { return tanhOf(v); });
    case 6:
      return map(x, y, 4, [](float v) { return v * sigmoidOf(v); });
    case 7:
      // Up to 14 the sum with 1 keeps what matters; beyond it softplus is the identity.
      return map(x, y, 8, [](float v) { return v > 14 ? v : logarithmOfOnePlus(exponential(v)); });
    case 8:
      return map(x, y, 1, [](float v) { return std::fabs(v); });
    case 9:
      return map(x, y, 1, [](float v) { return -v; });
    case 10:
      return map(x, y, 1, [](float v) { return v * v; });
    case 11:
      return map(x, y, 2, [](float v) { return std::sqrt(v); });
    case 12:
      return map(x, y, 2, [](float v) { return 1.0f / std::sqrt(v); });
    case 13:
      return map(x, y, 2, [](float v) { return 1.0f / v; });
    case 14:
      return map(x, y, 4, [](float v) { return exponential(v); });
    case 15:
      return map(x, y, 4, [](float v) { return exponentialMinusOne(v); });
    case 16:
      return map(x, y, 4, [](float v) { return logarithm(v); });
    case 17:
      return map(x, y, 4, [](float v) { return logarithmOfOnePlus(v); });
    case 18:
      return map(x, y, 1, [alpha](float v) { return v > 0 ? 1.0f : (v == v ? alpha : v); });
    case 19:
      return map(x, y, 1, [](float v) { return v > 0 ? 1.0f : (v < 0 ? -1.0f : 0.0f); });
    case 20:
      return map(x, y, 1, [alpha, beta](float v) { return v > beta ? beta : (v < alpha ? alpha : v); });
    case 21:
      return map(x, y, 1, [](float v) { return std::floor(v); });
    case 22:
      return map(x, y, 1, [](float v) { return std::ceil(v); });
    default:
      throw ArgumentError("operation: there is none numbered " + std::to_string(operation));
  }
}

void unaryGradient(int64_t operation, ConstFloats dy, ConstFloats saved, Floats out, double first, double second) {
  require(dy, 0, "dy");
  require(saved, static_cast<int64_t>(dy.size), "saved");
  require(out, static_cast<int64_t>(dy.size), "out");
  const float alpha = static_cast<float>(first);
  const float beta = static_cast<float>(second);
  switch (operation) {
    // Products with a slope of 0 and not a choice of 0: what is not finite in dy stays so.
    case 0:  // relu, by its input
      return mapPair(dy, saved, out, 1, [](float d, float v) { return d * (v > 0 ? 1.0f : (v == v ? 0.0f : v)); });
    case 1:  // relu6, by its input
      return mapPair(dy, saved, out, 1,
                     [](float d, float v) { return d * (v > 0 && v <= 6 ? 1.0f : (v == v ? 0.0f : v)); });
    case 2:  // leaky relu, by its input
      return mapPair(dy, saved, out, 1, [alpha](float d, float v) { return v > 0 ? d : d * alpha; });
    case 3:  // elu, by its output
      return mapPair(dy, saved, out, 1, [](float d, float v) { return v >= 0 ? d : d * (v + 1); });
    case 4:  // sigmoid, by its output
      return mapPair(dy, saved, out, 1, [](float d, float v) { return d * (v * (1 - v)); });
    case 5:  // tanh, by its output
      return mapPair(dy, saved, out, 1, [](float d, float v) { return d * (1 - v * v); });
    case 6:  // swish, by its input
      return mapPair(dy, saved, out, 4, [](float d, float v) {
        const float s = sigmoidOf(v);
        return d * (s * (1 + v * (1 - s)));
      });
    case 7:  // softplus, by its input
      return mapPair(dy, saved, out, 4, [](float d, float v) { return d * sigmoidOf(v); });
    case 8:  // abs, by its input
      return mapPair(dy, saved, out, 1, [](float d, float v) { return v > 0 ? d : (v == v ? -d : v); });
    case 9:  // square, by its input
      return mapPair(dy, saved, out, 1, [](float d, float v) { return d * (v * 2); });
    case 10:  // sqrt, by its input
      return mapPair(dy, saved, out, 2, [](float d, float v) { return d / (std::sqrt(v) * 2); });
    case 11:  // rsqrt, by its input
      return mapPair(dy, saved, out, 2, [](float d, float v) { return -d / (v * std::sqrt(v) * 2); });
    case 12:  // reciprocal, by its input
      return mapPair(dy, saved, out, 2, [](float d, float v) { return d / -(v * v); });
    case 13:  // clip by value, by its input
      return mapPair(dy, saved, out, 1, [alpha, beta](float d, float v) { return v >= alpha && v <= beta ? d : 0.0f; });
    default:
      throw ArgumentError("operation: there is none numbered " + std::to_string(operation));
  }
}

}  // namespace roga
