// Selection, sums of several arrays, constants and conversions.
#include "elementwise.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "parallel.h"

namespace roga {

void select(Bytes condition, ConstFloats a, ConstFloats b, Floats out, int64_t block) {
  if (block < 1) throw ArgumentError("block: expected 1 or more, got " + std::to_string(block));
  require(condition, 0, "condition");
  const int64_t count = static_cast<int64_t>(condition.size);
  require(a, product({count, block}), "a");
  require(b, product({count, block}), "b");
  require(out, product({count, block}), "out");
  const uint8_t* chosen = condition.data;
  const float* left = a.data;
  const float* right = b.data;
  float* result = out.data;
  parallelFor(count, count * block, block == 1 ? 64 : 1, [=](int64_t begin, int64_t end) {
    if (block == 1) {
#pragma omp simd
      for (int64_t i = begin; i < end; i++) {
        const float a = left[i], b = right[i];
        result[i] = chosen[i] == 1 ? a : b;
      }
      return;
    }
    for (int64_t i = begin; i < end; i++) {
      const float* from = (chosen[i] == 1 ? left : right) + i * block;
      std::copy(from, from + block, result + i * block);
    }
  });
}

void addN(FloatList inputs, Floats out) {
  if (inputs.size < 1 || inputs.size > FloatList::kMax) throw ArgumentError("inputs: expected 1 to 4096 arrays");
  require(out, 0, "out");
  const int64_t n = static_cast<int64_t>(out.size);
  std::vector<const float*> arrays;
  for (uint32_t i = 0; i < inputs.size; i++) {
    const Floats input = inputs.at(i);
    require(input, n, "inputs");
    arrays.push_back(input.data);
  }
  constexpr int64_t kBlock = 2048;
  float* sums = out.data;
  parallelFor(n, n * static_cast<int64_t>(arrays.size()), 16, [&](int64_t begin, int64_t end) {
    for (int64_t at = begin; at < end; at += kBlock) {
      const int64_t until = std::min(end, at + kBlock);
      std::copy(arrays[0] + at, arrays[0] + until, sums + at);
      for (size_t k = 1; k < arrays.size(); k++) {
        const float* values = arrays[k];
#pragma omp simd
        for (int64_t i = at; i < until; i++) sums[i] += values[i];
      }
    }
  });
}

void fill(Floats out, double value) {
  require(out, 0, "out");
  const int64_t n = static_cast<int64_t>(out.size);
  const float each = static_cast<float>(value);
  float* to = out.data;
  parallelFor(n, n, 16, [=](int64_t begin, int64_t end) { std::fill(to + begin, to + end, each); });
}

namespace {

template <class From, class To, class F>
void convert(Span<From> x, Span<To> y, F f) {
  const int64_t n = static_cast<int64_t>(x.size);
  require(x, 0, "x");
  require(y, n, "y");
  From* in = x.data;
  To* out = y.data;
  parallelFor(n, n, 64, [=](int64_t begin, int64_t end) {
#pragma omp simd
    for (int64_t i = begin; i < end; i++) out[i] = f(in[i]);
  });
}

int32_t wrapped(float value) {
  if (!std::isfinite(value)) return 0;
  const double remainder = std::fmod(std::trunc(static_cast<double>(value)), 4294967296.0);
  return static_cast<int32_t>(static_cast<uint32_t>(static_cast<int64_t>(remainder)));
}

}  // namespace

void intsToFloats(Ints x, Floats y) {
  convert(x, y, [](int32_t value) { return static_cast<float>(value); });
}

void bytesToFloats(Bytes x, Floats y) {
  convert(x, y, [](uint8_t value) { return static_cast<float>(value); });
}

void floatsToInts(ConstFloats x, Span<int32_t> y) {
  convert(x, y, [](float value) {
    const bool inRange = value >= -2147483648.0f && value < 2147483648.0f;
    return static_cast<int32_t>(inRange ? value : 0.0f);
  });
  // What is out of range is rare, and done again.
  for (size_t i = 0; i < x.size; i++) {
    if (!(x[i] >= -2147483648.0f && x[i] < 2147483648.0f)) y[i] = wrapped(x[i]);
  }
}

}  // namespace roga
