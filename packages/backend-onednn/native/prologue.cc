#include "prologue.h"

#include <cstring>

#include "parallel.h"

namespace roga {

namespace {

/** f(z) of all numbers of `pixels`, with their index in x and their channel. */
template <class F>
void overNumbers(const float* x, int64_t pixels, int64_t channels, const Affine& affine, F f) {
  if (!affine.mean) {
#pragma omp simd
    for (int64_t i = 0; i < pixels * channels; i++) f(i, x[i]);
    return;
  }
  for (int64_t pixel = 0; pixel < pixels; pixel++) {
    const int64_t start = pixel * channels;
#pragma omp simd
    for (int64_t c = 0; c < channels; c++) f(start + c, affine(x[start + c], c));
  }
}

}  // namespace

Prologue::Prologue(ConstFloats factors, int64_t number, int64_t channels) : activation(activationOf(number)) {
  withActivation(activation, [](auto) {});
  if (!factors) return;
  require(factors, product({3, channels}), "factors");
  affine = {factors.data, factors.data + channels, factors.data + 2 * channels};
}

void Prologue::apply(const float* x, float* y, int64_t pixels, int64_t channels) const {
  withActivation(activation, [&](auto a) {
    overNumbers(x, pixels, channels, affine, [=](int64_t i, float z) { y[i] = activate<decltype(a)::value>(z); });
  });
}

const float* PreparedImages::rows(int64_t n, int64_t first, int64_t end) {
  const int64_t row = width_ * channels_;
  const float* image = x_ + n * height_ * row;
  if (prologue_.isIdentity()) return image;
  first = std::clamp<int64_t>(first, 0, height_);
  end = std::clamp<int64_t>(end, first, height_);
  if (n != image_ || first < begin_ || first > end_) {
    image_ = n;
    begin_ = end_ = first;
  }
  if (end - begin_ > capacity_) {
    std::memmove(memory_, memory_ + (first - begin_) * row, static_cast<size_t>((end_ - first) * row) * sizeof(float));
    begin_ = first;
  }
  if (end > end_) {
    prologue_.apply(image + end_ * row, memory_ + (end_ - begin_) * row, (end - end_) * width_, channels_);
    end_ = end;
  }
  return memory_ - begin_ * row;
}

void prepare(ConstFloats x, ConstFloats factors, int64_t channels, int64_t activation, ConstFloats addend, Floats y) {
  const int64_t size = static_cast<int64_t>(x.size);
  if (channels < 1 || size % channels != 0) throw ArgumentError("expected rows of as many values as there are channels");
  require(y, size, "y");
  if (addend) require(addend, size, "addend");
  const Prologue prologue(factors, activation, channels);
  parallelFor(size / channels, size, 1, [&](int64_t begin, int64_t end) {
    const int64_t start = begin * channels;
    if (!addend) return prologue.apply(x.data + start, y.data + start, end - begin, channels);
    withActivation(prologue.activation, [&](auto a) {
      const float* other = addend.data + start;
      float* to = y.data + start;
      overNumbers(x.data + start, end - begin, channels, prologue.affine,
                  [=](int64_t i, float z) { to[i] = activate<decltype(a)::value>(z) + other[i]; });
    });
  });
}

}  // namespace roga
