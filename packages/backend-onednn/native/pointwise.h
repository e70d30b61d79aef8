// A matrix product whose first factor has many rows: what a convolution with a 1×1 filter is, and its gradient with respect
// to its input.
#pragma once
#include "binding.h"
#include "epilogue.h"

namespace roga {

/**
 * y = epilogue((x · gate) · w) + addend for row-major x (rows × k), w (k × n, or n × k where it is transposed) and y
 * (rows × n), which does not overlap the others.
 */
struct PointwiseProduct {
  const float *x, *w;
  float* y;
  int64_t rows, k, n;
  bool transposed = false;
  Epilogue epilogue = {};
  /** For float32 or bfloat16, which needs a processor that has such products: x and w are rounded to it first. */
  bool bfloat16 = false;
  /** w in the order of filter-panels.h, where it is there already; then w is not read. */
  const float* panels = nullptr;
  /** Factors of the k numbers of a row, the same for `gatedRows` rows, one after another; null for 1. */
  const float* gate = nullptr;
  int64_t gatedRows = 1;
  /** Added to what the epilogue gives; null for nothing. */
  const float* addend = nullptr;
};

void multiply(const PointwiseProduct& product);

/**
 * The same for JavaScript: y = activation((x · gate) · w + bias) + addend. Rows belong to `images` images, as many to each,
 * which have k gates each. `panels` (what packFilter made of w), `bias`, `gate` and `addend` may be left out.
 */
void pointwise(ConstFloats x, ConstFloats w, ConstFloats panels, ConstFloats bias, ConstFloats gate, ConstFloats addend, Floats y,
               int64_t images, int64_t rows, int64_t k, int64_t n, int64_t activation, double alpha);

}  // namespace roga
