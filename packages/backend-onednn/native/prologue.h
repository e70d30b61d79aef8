// What a kernel applies to the numbers of its input as it reads them, so that an operation before it needs no pass of its
// own over memory: a normalization, an activation, or both.
#pragma once
#include <algorithm>
#include <type_traits>

#include "activation.h"
#include "binding.h"

namespace roga {

/** z = a · (x − mean) + b, channel by channel. */
struct Affine {
  const float *mean = nullptr, *a = nullptr, *b = nullptr;
  float operator()(float x, int64_t c) const { return a[c] * (x - mean[c]) + b[c]; }
};

/** y = activation(z), where z is x without an affine part. */
struct Prologue {
  Affine affine;
  Activation activation = Activation::kLinear;

  /** `factors`: means, then a, then b of the channels; none where it is undefined. */
  Prologue(ConstFloats factors, int64_t activation, int64_t channels);

  bool isIdentity() const { return affine.mean == nullptr && activation == Activation::kLinear; }
  /** Applies it to pixels, on this thread; y may be x. */
  void apply(const float* x, float* y, int64_t pixels, int64_t channels) const;
};

/** Calls f with an activation that can follow a normalization as a constant; throws ArgumentError for others. */
template <class F>
void withActivation(Activation activation, F&& f) {
  switch (activation) {
    case Activation::kLinear:
      return f(std::integral_constant<Activation, Activation::kLinear>{});
    case Activation::kRelu:
      return f(std::integral_constant<Activation, Activation::kRelu>{});
    case Activation::kRelu6:
      return f(std::integral_constant<Activation, Activation::kRelu6>{});
    case Activation::kSwish:
      return f(std::integral_constant<Activation, Activation::kSwish>{});
    default:
      throw ArgumentError("activation: not one that can follow a normalization");
  }
}

/**
 * Images as they are after a prologue, for kernels that read a few rows at a time, from the top to the bottom: rows are
 * prepared when they are first asked for, and stay as long as the next call may ask for them again. One thread uses it.
 */
class PreparedImages {
 public:
  /** Images of height × width × channels; a call asks for at most `window` rows. */
  PreparedImages(const Prologue& prologue, const float* x, int64_t height, int64_t width, int64_t channels, int64_t window)
      : prologue_(prologue), x_(x), height_(height), width_(width), channels_(channels), capacity_(capacity(width * channels, window)) {}

  /** Numbers that `memory` must hold. */
  size_t size() const { return prologue_.isIdentity() ? 0 : static_cast<size_t>(capacity_ * width_ * channels_); }
  void use(float* memory) { memory_ = memory; }

  /** Image n, of which the rows [first, end) may be read; those beside the image are left out. */
  const float* rows(int64_t n, int64_t first, int64_t end);

 private:
  /** Rows are kept in the second level of the cache; some more than the window, so that they need not move each time. */
  static int64_t capacity(int64_t row, int64_t window) {
    constexpr int64_t kKept = 384 << 10;
    return window + std::clamp<int64_t>(kKept / (4 * std::max<int64_t>(1, row)) - window, 1, 16);
  }

  const Prologue& prologue_;
  const float* x_;
  int64_t height_, width_, channels_, capacity_;
  float* memory_ = nullptr;
  int64_t image_ = -1, begin_ = 0, end_ = 0;
};

/**
 * y = activation(a · (x − mean) + b) + addend, for rows of as many values as there are channels. `factors` as above or
 * undefined; without them, rows of any length. The addend may be undefined; y may be x.
 */
void prepare(ConstFloats x, ConstFloats factors, int64_t channels, int64_t activation, ConstFloats addend, Floats y);

}  // namespace roga
