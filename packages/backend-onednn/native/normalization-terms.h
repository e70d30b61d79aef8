// The sums that the gradient of batch normalization needs of all rows of its input, over some of them.
#pragma once
#include "prologue.h"

namespace roga {

/**
 * Adds to `sum` and `product`, channel by channel, Σ dz and Σ dz · (x − mean) over pixels, where dz is the gradient dy of
 * y = activation(z) taken back to z = a · (x − mean) + b.
 */
template <Activation A>
inline void addNormalizationTerms(const float* dy, const float* x, int64_t pixels, int64_t channels, const Affine& affine, float* sum,
                                  float* product) {
  const float* mean = affine.mean;
  const auto term = [&](const float* g, const float* v, int64_t c) { return activateBackward<A>(affine(v[c], c), g[c]); };
  int64_t pixel = 0;
  // Four at a time, so that the sums are read and written a quarter as often.
  for (; pixel + 4 <= pixels; pixel += 4) {
    const float *g0 = dy + pixel * channels, *g1 = g0 + channels, *g2 = g1 + channels, *g3 = g2 + channels;
    const float *v0 = x + pixel * channels, *v1 = v0 + channels, *v2 = v1 + channels, *v3 = v2 + channels;
#pragma omp simd
    for (int64_t c = 0; c < channels; c++) {
      const float d0 = term(g0, v0, c), d1 = term(g1, v1, c), d2 = term(g2, v2, c), d3 = term(g3, v3, c);
      sum[c] += (d0 + d1) + (d2 + d3);
      product[c] += (d0 * (v0[c] - mean[c]) + d1 * (v1[c] - mean[c])) + (d2 * (v2[c] - mean[c]) + d3 * (v3[c] - mean[c]));
    }
  }
  for (; pixel < pixels; pixel++) {
    const float *g = dy + pixel * channels, *v = x + pixel * channels;
#pragma omp simd
    for (int64_t c = 0; c < channels; c++) {
      const float dz = term(g, v, c);
      sum[c] += dz;
      product[c] += dz * (v[c] - mean[c]);
    }
  }
}

}  // namespace roga
