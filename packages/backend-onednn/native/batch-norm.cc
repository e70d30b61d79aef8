// Batch normalisation runs at the speed of memory: two passes over the input forward (statistics, then the values), two
// backward. Sums are of float32 over a few rows and of double precision beyond. Values are taken relative to the mean of
// a few rows of their channel, so that a mean that is large beside the deviation costs no digits.
#include "batch-norm.h"

#include <cmath>
#include <type_traits>

#include "normalization-terms.h"
#include "parallel.h"
#include "prologue.h"
#include "scratch.h"

namespace roga {

namespace {

/** Rows whose sums are kept in float32. */
constexpr int64_t kBlock = 64;

int64_t rowsOf(size_t values, int64_t channels) {
  if (channels < 1 || values == 0 || values % static_cast<size_t>(channels) != 0) {
    throw ArgumentError("expected rows of as many values as there are channels");
  }
  return static_cast<int64_t>(values) / channels;
}

/** Parts that rows are divided into to be summed up: no more than this, and of kBlock rows or more. */
constexpr int64_t kMostParts = 16;

/**
 * Two sums per channel over all rows. `addRows(begin, end, first, second)` adds rows' terms to two arrays of float32; the
 * totals are written in double precision, added up in the order of the rows.
 */
template <class AddRows>
void sumRows(int64_t rows, int64_t channels, double* totals, AddRows addRows) {
  const int workers = workersFor(rows * channels);
  const int64_t parts = std::clamp(rows / kBlock, int64_t{1}, kMostParts);
  double* all = scratch<double>(Scratch::kAccumulators, static_cast<size_t>(2 * channels * parts));
  float* blocks = scratch<float>(Scratch::kC, static_cast<size_t>(2 * channels * workers));
  parallelParts(parts, workers, [&](int64_t i, int thread) {
    double* total = all + 2 * channels * i;
    float* block = blocks + 2 * channels * thread;
    std::fill_n(total, 2 * channels, 0.0);
    const Range range = part(rows, static_cast<int>(i), static_cast<int>(parts));
    for (int64_t begin = range.begin; begin < range.end; begin += kBlock) {
      std::fill_n(block, 2 * channels, 0.0f);
      addRows(begin, std::min(range.end, begin + kBlock), block, block + channels);
      for (int64_t c = 0; c < 2 * channels; c++) total[c] += block[c];
    }
  });
  std::copy_n(all, 2 * channels, totals);
  for (int64_t i = 1; i < parts; i++) {
    const double* total = all + 2 * channels * i;
    for (int64_t c = 0; c < 2 * channels; c++) totals[c] += total[c];
  }
}

/** Somewhere near the mean of each channel: the mean of rows that lie evenly over all. */
void roughMeans(const float* x, int64_t rows, int64_t channels, float* means) {
  const int64_t samples = std::min<int64_t>(rows, 16);
  for (int64_t c = 0; c < channels; c++) {
    double sum = 0;
    for (int64_t sample = 0; sample < samples; sample++) sum += x[rows * sample / samples * channels + c];
    const float mean = static_cast<float>(sum / static_cast<double>(samples));
    means[c] = std::isfinite(mean) ? mean : 0;
  }
}

/**
 * Calls f(row) for all rows, as a second pass over them: it begins with the rows that the first pass ended with, which are
 * still in the cache, and ends with those that the next operation begins with.
 */
template <class F>
void secondPass(int64_t rows, int64_t channels, F&& f) {
  const int64_t block = std::max<int64_t>(1, (1 << 14) / channels);
  parallelFor(rows, rows * channels, 1, [&](int64_t begin, int64_t end) {
    for (int64_t last = rows - begin; last > rows - end; last -= block) {
      for (int64_t row = std::max(rows - end, last - block); row < last; row++) f(row);
    }
  });
}

/** y = activation(z). */
template <Activation A>
void transformRows(const float* x, const Affine& affine, float* y, int64_t rows, int64_t channels) {
  secondPass(rows, channels, [=](int64_t row) {
    const float* from = x + row * channels;
    float* to = y + row * channels;
#pragma omp simd
    for (int64_t c = 0; c < channels; c++) to[c] = activate<A>(affine(from[c], c));
  });
}

/** Few channels make short rows: rows are joined until they are long enough for vectors. */
template <Activation A>
void transform(const float* x, const Affine& affine, float* y, int64_t rows, int64_t channels) {
  if (channels >= 16) return transformRows<A>(x, affine, y, rows, channels);
  constexpr int64_t kJoined = 64;
  const int64_t wide = rows / kJoined, width = kJoined * channels;
  float* means = scratch<float>(Scratch::kB, static_cast<size_t>(3 * width));
  const Affine joined{means, means + width, means + 2 * width};
  for (int64_t i = 0; i < width; i++) {
    means[i] = affine.mean[i % channels];
    means[width + i] = affine.a[i % channels];
    means[2 * width + i] = affine.b[i % channels];
  }
  if (wide > 0) transformRows<A>(x, joined, y, wide, width);
  const int64_t done = wide * width;
  transformRows<A>(x + done, affine, y + done, rows - wide * kJoined, channels);
}

/** The factors for z; a mean that is large beside the deviation costs no digits, and a constant channel is exactly beta. */
Affine affineOf(int64_t channels, const float* gamma, const float* beta, const float* mean, const float* variance,
                double epsilon, float* factors) {
  const Affine affine{factors, factors + channels, factors + 2 * channels};
  std::copy_n(mean, channels, factors);
  for (int64_t c = 0; c < channels; c++) {
    factors[channels + c] = static_cast<float>((gamma ? gamma[c] : 1.0) / std::sqrt(variance[c] + epsilon));
    factors[2 * channels + c] = beta ? beta[c] : 0.0f;
  }
  return affine;
}

template <Activation A>
void backward(const float* dy, const float* x, const float* gamma, const float* beta, const float* mean,
              const float* variance, const double* known, float* dx, float* dgamma, float* dbeta, double epsilon, int64_t rows,
              int64_t channels) {
  float* factors = scratch<float>(Scratch::kA, static_cast<size_t>(6 * channels));
  const Affine affine = affineOf(channels, gamma, beta, mean, variance, epsilon, factors);
  float *p = factors + 3 * channels, *q = factors + 4 * channels, *r = factors + 5 * channels;
  double* totals = scratch<double>(Scratch::kB, static_cast<size_t>(2 * channels));
  if (known) std::copy_n(known, 2 * channels, totals);
  else sumRows(rows, channels, totals, [&](int64_t begin, int64_t end, float* sum, float* product) {
    addNormalizationTerms<A>(dy + begin * channels, x + begin * channels, end - begin, channels, affine, sum, product);
  });
  // dx = scale · (dz − Σdz / N − x̂ · Σ(dz · x̂) / N), written as p · ((dz − r) + q · (x − mean)): with one row it is 0.
  for (int64_t c = 0; c < channels; c++) {
    const double inverse = 1.0 / std::sqrt(variance[c] + epsilon), scale = (gamma ? gamma[c] : 1.0) * inverse;
    const double sum = totals[c], product = totals[channels + c] * inverse;
    dbeta[c] = static_cast<float>(sum);
    dgamma[c] = static_cast<float>(product);
    p[c] = static_cast<float>(scale);
    q[c] = static_cast<float>(-inverse * product / static_cast<double>(rows));
    r[c] = static_cast<float>(sum / static_cast<double>(rows));
  }
  secondPass(rows, channels, [=](int64_t row) {
    const float *g = dy + row * channels, *v = x + row * channels;
    float* to = dx + row * channels;
#pragma omp simd
    for (int64_t c = 0; c < channels; c++) {
      const float dz = activateBackward<A>(affine(v[c], c), g[c]);
      to[c] = p[c] * ((dz - r[c]) + q[c] * (v[c] - mean[c]));
    }
  });
}

}  // namespace

void batchNormTraining(ConstFloats x, ConstFloats gamma, ConstFloats beta, Floats y, Floats mean, Floats variance, Floats factors,
                       double epsilon, int64_t activation) {
  const int64_t channels = static_cast<int64_t>(mean.size), rows = rowsOf(x.size, channels);
  if (y) require(y, product({rows, channels}), "y");
  require(variance, channels, "variance");
  require(factors, product({3, channels}), "factors");
  if (gamma) require(gamma, channels, "gamma");
  if (beta) require(beta, channels, "beta");
  double* totals = scratch<double>(Scratch::kB, static_cast<size_t>(2 * channels));
  float* near = factors.data;
  roughMeans(x.data, rows, channels, near);
  sumRows(rows, channels, totals, [&](int64_t begin, int64_t end, float* sum, float* square) {
    int64_t row = begin;
    for (; row + 4 <= end; row += 4) {
      const float *v0 = x.data + row * channels, *v1 = v0 + channels, *v2 = v1 + channels, *v3 = v2 + channels;
#pragma omp simd
      for (int64_t c = 0; c < channels; c++) {
        const float d0 = v0[c] - near[c], d1 = v1[c] - near[c], d2 = v2[c] - near[c], d3 = v3[c] - near[c];
        sum[c] += (d0 + d1) + (d2 + d3);
        square[c] += (d0 * d0 + d1 * d1) + (d2 * d2 + d3 * d3);
      }
    }
    for (; row < end; row++) {
      const float* v = x.data + row * channels;
#pragma omp simd
      for (int64_t c = 0; c < channels; c++) {
        const float d = v[c] - near[c];
        sum[c] += d;
        square[c] += d * d;
      }
    }
  });
  for (int64_t c = 0; c < channels; c++) {
    const double shift = totals[c] / static_cast<double>(rows);
    mean[c] = static_cast<float>(near[c] + shift);
    const double spread = totals[channels + c] / static_cast<double>(rows) - shift * shift;
    variance[c] = static_cast<float>(spread < 0 ? 0 : spread);
  }
  const Affine affine = affineOf(channels, gamma.data, beta.data, mean.data, variance.data, epsilon, factors.data);
  if (!y) return;
  withActivation(activationOf(activation), [&](auto a) { transform<decltype(a)::value>(x.data, affine, y.data, rows, channels); });
}

void batchNormTrainingBackward(ConstFloats dy, ConstFloats x, ConstFloats gamma, ConstFloats beta, ConstFloats mean,
                               ConstFloats variance, Doubles sums, Floats dx, Floats dgamma, Floats dbeta, double epsilon,
                               int64_t activation) {
  const int64_t channels = static_cast<int64_t>(mean.size), rows = rowsOf(x.size, channels);
  require(dy, product({rows, channels}), "dy");
  require(variance, channels, "variance");
  require(dx, product({rows, channels}), "dx");
  require(dgamma, channels, "dgamma");
  require(dbeta, channels, "dbeta");
  if (sums) require(sums, roga::product({2, channels}), "sums");
  if (gamma) require(gamma, channels, "gamma");
  if (beta) require(beta, channels, "beta");
  withActivation(activationOf(activation), [&](auto a) {
    backward<decltype(a)::value>(dy.data, x.data, gamma.data, beta.data, mean.data, variance.data, sums.data, dx.data, dgamma.data,
                                 dbeta.data, epsilon, rows, channels);
  });
}

void batchNorm(ConstFloats x, ConstFloats mean, ConstFloats variance, ConstFloats scale, ConstFloats offset, Floats y,
               double epsilon) {
  const int64_t channels = static_cast<int64_t>(mean.size), rows = rowsOf(x.size, channels);
  require(variance, channels, "variance");
  require(y, product({rows, channels}), "y");
  if (scale) require(scale, channels, "scale");
  if (offset) require(offset, channels, "offset");
  float* factors = scratch<float>(Scratch::kA, static_cast<size_t>(3 * channels));
  const Affine affine = affineOf(channels, scale.data, offset.data, mean.data, variance.data, epsilon, factors);
  transform<Activation::kLinear>(x.data, affine, y.data, rows, channels);
}

void batchNormBackward(ConstFloats dy, ConstFloats x, ConstFloats mean, ConstFloats variance, ConstFloats scale,
                       Floats dx, Floats dmean, Floats dvariance, Floats dscale, Floats doffset, double epsilon) {
  const int64_t channels = static_cast<int64_t>(mean.size), rows = rowsOf(x.size, channels);
  require(dy, product({rows, channels}), "dy");
  require(variance, channels, "variance");
  require(dx, product({rows, channels}), "dx");
  if (scale) require(scale, channels, "scale");
  for (const Floats& output : {dmean, dvariance, dscale, doffset}) require(output, channels, "a gradient");
  double* totals = scratch<double>(Scratch::kB, static_cast<size_t>(2 * channels));
  sumRows(rows, channels, totals, [&](int64_t begin, int64_t end, float* sum, float* product) {
    for (int64_t row = begin; row < end; row++) {
      const float *g = dy.data + row * channels, *v = x.data + row * channels;
#pragma omp simd
      for (int64_t c = 0; c < channels; c++) {
        sum[c] += g[c];
        product[c] += g[c] * (v[c] - mean[c]);
      }
    }
  });
  float* factors = scratch<float>(Scratch::kA, static_cast<size_t>(3 * channels));
  const Affine affine{factors, factors + channels, factors + 2 * channels};
  std::fill_n(factors, 3 * channels, 0.0f);
  for (int64_t c = 0; c < channels; c++) {
    const double inverse = 1.0 / std::sqrt(variance[c] + epsilon), gamma = scale ? scale[c] : 1.0;
    factors[channels + c] = static_cast<float>(gamma * inverse);
    doffset[c] = static_cast<float>(totals[c]);
    dscale[c] = static_cast<float>(totals[channels + c] * inverse);
    dmean[c] = static_cast<float>(-totals[c] * gamma * inverse);
    dvariance[c] = static_cast<float>(-0.5 * totals[channels + c] * gamma * inverse * inverse * inverse);
  }
  transform<Activation::kLinear>(dy.data, affine, dx.data, rows, channels);
}

}  // namespace roga
