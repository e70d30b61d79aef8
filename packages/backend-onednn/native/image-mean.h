// Means over images that are computed row by row: sums of a row in float32 while it is in the cache, of rows in double.
#pragma once
#include <algorithm>
#include <cstdint>

namespace roga {

/** sums = Σ over the pixels of a row of `channels` values each. */
inline void sumPixels(const float* values, int64_t pixels, int64_t channels, float* sums) {
  std::copy_n(values, channels, sums);
  for (int64_t pixel = 1; pixel < pixels; pixel++) {
    const float* from = values + pixel * channels;
#pragma omp simd
    for (int64_t c = 0; c < channels; c++) sums[c] += from[c];
  }
}

/** The mean of each image from the sums of its rows. */
inline void meanOfRows(const float* sums, int64_t images, int64_t rows, int64_t channels, int64_t pixels, float* mean) {
  const double scale = 1.0 / static_cast<double>(pixels);
  for (int64_t n = 0; n < images; n++) {
    for (int64_t c = 0; c < channels; c++) {
      double total = 0;
      for (int64_t row = 0; row < rows; row++) total += sums[(n * rows + row) * channels + c];
      mean[n * channels + c] = static_cast<float>(total * scale);
    }
  }
}

}  // namespace roga
