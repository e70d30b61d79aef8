// Gradients of depthwise convolution with one filter per channel.
#include "depthwise.h"
#include "depthwise-rows.h"
#include "normalization-terms.h"
#include "parallel.h"
#include "prologue.h"
#include "scratch.h"

namespace roga {

namespace {

using namespace depthwise_rows;

// ---- gradient with respect to the input where the stride is above 1 or the filter is dilated ----

void inputPixel(const ConvolutionShape& s, const float* dy, const float* filter, float* dx, int64_t ih, int64_t iw) {
  overVectors(s.c, [&](int64_t c, auto lanes) {
    Vector sum = {};
    for (int64_t i = 0; i < s.kh; i++) {
      const int64_t down = ih + s.top - i * s.dh;
      if (down < 0) break;
      if (down % s.sh != 0 || down / s.sh >= s.oh) continue;
      for (int64_t j = 0; j < s.kw; j++) {
        const int64_t across = iw + s.left - j * s.dw;
        if (across < 0) break;
        if (across % s.sw != 0 || across / s.sw >= s.ow) continue;
        sum += lanes.load(dy + (down / s.sh * s.ow + across / s.sw) * s.c + c) *
               lanes.load(filter + (i * s.kw + j) * s.c + c);
      }
    }
    lanes.store(dx + c, sum);
  });
}

/** Columns of the input that are computed together, for stride 2: as many as registers hold. */
constexpr int kSpread = kLanes == 16 ? 16 : 8;

/**
 * Row ih of dx for stride 2, from left to right. In coordinates that count from the left edge of the padding, column u
 * gets dy[o] · f[j] for all u = 2 o + j; it is computed for kSpread columns from an even one, so that which o and j belong
 * to a column is known when this is compiled.
 */
template <int K>
void spreadRow(const ConvolutionShape& s, const float* dy, const float* filter, float* dx, int64_t ih) {
  constexpr int kReach = (K - 1) / 2;
  const float* gradients[K];
  const float* weights[K];
  int taps = 0;
  for (int64_t i = (ih + s.top) % 2; i < K; i += 2) {
    const int64_t oh = (ih + s.top - i) / 2;
    if (ih + s.top < i || oh >= s.oh) continue;
    gradients[taps] = dy + oh * s.ow * s.c;
    weights[taps++] = filter + i * K * s.c;
  }
  for (int64_t u = s.left / 2 * 2; u < s.left + s.w; u += kSpread) {
    // dy[first] is the first that reaches a column from u on.
    const int64_t first = u / 2 - kReach;
    overVectors(s.c, [&](int64_t c, auto lanes) {
      Vector sum[kSpread] = {};
      for (int tap = 0; tap < taps; tap++) {
        Vector weight[K];
#pragma GCC unroll 8
        for (int j = 0; j < K; j++) weight[j] = lanes.load(weights[tap] + j * s.c + c);
#pragma GCC unroll 16
        for (int o = 0; o < kReach + kSpread / 2; o++) {
          if (first + o < 0 || first + o >= s.ow) continue;
          const Vector value = lanes.load(gradients[tap] + (first + o) * s.c + c);
#pragma GCC unroll 8
          for (int j = 0; j < K; j++) {
            const int column = 2 * (o - kReach) + j;
            if (column >= 0 && column < kSpread) sum[column] += value * weight[j];
          }
        }
      }
#pragma GCC unroll 16
      for (int column = 0; column < kSpread; column++) {
        const int64_t iw = u + column - s.left;
        if (iw >= 0 && iw < s.w) lanes.store(dx + iw * s.c + c, sum[column]);
      }
    });
  }
}

using SpreadRow = void (*)(const ConvolutionShape&, const float*, const float*, float*, int64_t);

SpreadRow spreadRowFor(const ConvolutionShape& s) {
  if (s.kh != s.kw || s.sh != 2 || s.sw != 2 || s.dh != 1 || s.dw != 1) return nullptr;
  return s.kh == 3 ? spreadRow<3> : s.kh == 5 ? spreadRow<5> : nullptr;
}

/** With stride 1, the gradient with respect to the input is the convolution of dy with the filter turned around. */
ConvolutionShape turned(const ConvolutionShape& s) {
  ConvolutionShape t = s;
  t.h = s.oh;
  t.w = s.ow;
  t.oh = s.h;
  t.ow = s.w;
  t.top = s.kh - 1 - s.top;
  t.left = s.kw - 1 - s.left;
  return t;
}

// ---- gradient with respect to the filter ----

template <int K, int S, int Outputs, class Lanes>
void filterRun(const float* x, int64_t rowStride, Taps rows, Columns columns, const float* dy, float* sums, int64_t channels,
               Lanes lanes) {
  // sums[i, j] += Σ x[i, output · S + j] · dy[output] for the taps in `rows`
  constexpr int span = kSpan<K, S, Outputs>;
  Vector gradient[Outputs];
#pragma GCC unroll 16
  for (int output = 0; output < Outputs; output++) gradient[output] = lanes.load(dy + output * channels);
  for (int64_t i = rows.begin; i < rows.end; i++) {
    const float* row = x + i * rowStride;
    float* to = sums + i * K * channels;
    // The sums of even and odd outputs are two chains of additions for each tap, which do not wait for each other.
    Vector sum[K][2];
#pragma GCC unroll 8
    for (int j = 0; j < K; j++) {
      sum[j][0] = lanes.load(to + j * channels);
      sum[j][1] = Vector{};
    }
#pragma GCC unroll 64
    for (int column = 0; column < span; column++) {
      if (!isInside<K>(column, span, columns)) continue;
      const Vector value = lanes.load(row + column * channels);
#pragma GCC unroll 8
      for (int j = 0; j < K; j++) {
        const int output = column - j;
        if (output >= 0 && output % S == 0 && output / S < Outputs) sum[j][output / S % 2] += value * gradient[output / S];
      }
    }
#pragma GCC unroll 8
    for (int j = 0; j < K; j++) lanes.store(to + j * channels, sum[j][0] + sum[j][1]);
  }
}

void filterPixel(const ConvolutionShape& s, const float* image, const float* dy, float* sums, int64_t oh, int64_t ow) {
  const Taps rows(oh, s.sh, s.top, s.dh, s.kh, s.h), columns(ow, s.sw, s.left, s.dw, s.kw, s.w);
  for (int64_t i = rows.begin; i < rows.end; i++) {
    for (int64_t j = columns.begin; j < columns.end; j++) {
      const float* x = image + ((oh * s.sh - s.top + i * s.dh) * s.w + ow * s.sw - s.left + j * s.dw) * s.c;
      float* sum = sums + (i * s.kw + j) * s.c;
#pragma omp simd
      for (int64_t c = 0; c < s.c; c++) sum[c] += x[c] * dy[c];
    }
  }
}

template <int K, int S>
void filterRow(const ConvolutionShape& s, const float* image, const float* dy, float* sums, int64_t oh) {
  const Taps rows(oh, s.sh, s.top, s.dh, s.kh, s.h);
  inRuns<false>(s.ow, [&](auto outputs, int64_t ow) {
    constexpr int n = decltype(outputs)::value;
    const Columns columns = columnsOf<K, S, n>(s, ow);
    const float* x = image + ((oh * s.sh - s.top) * s.w + ow * s.sw - s.left) * s.c;
    overVectors(s.c, [&](int64_t c, auto lanes) {
      filterRun<K, S, n>(x + c, s.w * s.c, rows, columns, dy + ow * s.c + c, sums + c, s.c, lanes);
    });
  });
}

void anyFilterRow(const ConvolutionShape& s, const float* image, const float* dy, float* sums, int64_t oh) {
  for (int64_t ow = 0; ow < s.ow; ow++) filterPixel(s, image, dy + ow * s.c, sums, oh, ow);
}

using FilterRow = void (*)(const ConvolutionShape&, const float*, const float*, float*, int64_t);

FilterRow filterRowFor(const ConvolutionShape& s) {
  if (!fitsRuns(s)) return anyFilterRow;
  if (s.sh == 1) return s.kh == 3 ? filterRow<3, 1> : filterRow<5, 1>;
  return s.kh == 3 ? filterRow<3, 2> : filterRow<5, 2>;
}

// ---- what batch normalization needs of a row of dx ----

void addTerms(const Prologue& prologue, const float* dx, const float* x, int64_t pixels, int64_t channels, float* sums) {
  withActivation(prologue.activation, [&](auto a) {
    addNormalizationTerms<decltype(a)::value>(dx, x, pixels, channels, prologue.affine, sums, sums + channels);
  });
}

}  // namespace

void depthwiseBackward(Ints shape, ConstFloats x, ConstFloats factors, int64_t before, ConstFloats dy, ConstFloats filter,
                       Floats dx, Floats dfilter, Doubles normalization) {
  const ConvolutionShape s(shape);
  requireDepthwise(s);
  require(dy, s.outputSize(), "dy");
  const int64_t taps = s.filterSize();
  if (dfilter) {
    require(x, s.inputSize(), "x");
    require(dfilter, taps, "dfilter");
  }
  if (dx) {
    require(filter, taps, "filter");
    require(dx, s.inputSize(), "dx");
  }
  if (normalization) {
    if (!dx || !factors) throw ArgumentError("sums: expected dx and factors, which they are taken from");
    require(x, s.inputSize(), "x");
    require(normalization, product({2, s.c}), "sums");
  }

  const bool mirrored = s.sh == 1 && s.sw == 1 && s.dh == 1 && s.dw == 1 && s.kh > s.top && s.kw > s.left;
  const ConvolutionShape t = mirrored ? turned(s) : s;
  const Runs runs = mirrored ? runsFor(t) : nullptr;
  float* turnedFilter = nullptr;
  if (dx && mirrored) {
    turnedFilter = scratch<float>(Scratch::kA, taps);
    for (int64_t tap = 0; tap < s.kh * s.kw; tap++) {
      std::copy_n(filter.data + (s.kh * s.kw - 1 - tap) * s.c, s.c, turnedFilter + tap * s.c);
    }
  }

  // Sums of a few rows in float32, for each thread; of all rows in double precision, for each part of them.
  constexpr int64_t kRows = 8;
  const int workers = workersFor(s.outputSize());
  const int64_t parts = workers == 1 ? 1 : std::min<int64_t>(s.n * s.oh, 4 * workers);
  // Those of the filter's taps, then those for the normalization.
  const int64_t count = taps + (normalization ? 2 * s.c : 0);
  double* totals = scratch<double>(Scratch::kAccumulators, static_cast<size_t>(parts * count));
  float* partial = scratch<float>(Scratch::kB, static_cast<size_t>(workers * count));
  const FilterRow filterRow = filterRowFor(s);
  const SpreadRow spreadRow = spreadRowFor(s);
  const int64_t imageIn = s.h * s.w * s.c, imageOut = s.oh * s.ow * s.c;
  const Prologue prologue(factors, before, s.c);
  const PreparedImages images(prologue, x.data, s.h, s.w, s.c, (s.kh - 1) * s.dh + 1);
  float* memory = dfilter ? scratch<float>(Scratch::kC, images.size() * static_cast<size_t>(workers)) : nullptr;

  // Rows of dx and of dy are walked together: of each image, the rows of both that belong to a part.
  parallelParts(parts, workers, [&](int64_t i, int thread) {
    double* total = totals + i * count;
    float* sums = partial + thread * count;
    PreparedImages own = images;
    own.use(memory + images.size() * static_cast<size_t>(thread));
    std::fill_n(total, count, 0.0);
    std::fill_n(sums, count, 0.0f);
    int64_t since = 0;
    const auto flush = [&] {
      for (int64_t j = 0; j < count; j++) {
        total[j] += sums[j];
        sums[j] = 0;
      }
      since = 0;
    };
    const Range all = part(s.n * s.oh, static_cast<int>(i), static_cast<int>(parts));
    for (int64_t n = all.begin / s.oh; n < s.n && n * s.oh < all.end; n++) {
      const int64_t first = std::max(all.begin - n * s.oh, int64_t{0}), last = std::min(all.end - n * s.oh, s.oh);
      // The rows of dx are divided as those of dy are.
      int64_t ih = first * s.h / s.oh;
      for (int64_t oh = first; oh < last; oh++) {
        if (dx) {
          for (const int64_t until = (oh + 1) * s.h / s.oh; ih < until; ih++) {
            float* row = dx.data + n * imageIn + ih * s.w * s.c;
            if (mirrored) {
              outputRow(t, runs, dy.data + n * imageOut, turnedFilter, row, ih);
            } else if (spreadRow) {
              spreadRow(s, dy.data + n * imageOut, filter.data, row, ih);
            } else {
              for (int64_t iw = 0; iw < s.w; iw++) {
                inputPixel(s, dy.data + n * imageOut, filter.data, row + iw * s.c, ih, iw);
              }
            }
            if (normalization) {
              const float* values = x.data + n * imageIn + ih * s.w * s.c;
              addTerms(prologue, row, values, s.w, s.c, sums + taps);
            }
          }
        }
        if (dfilter) {
          const int64_t top = oh * s.sh - s.top;
          filterRow(s, own.rows(n, top, top + (s.kh - 1) * s.dh + 1), dy.data + n * imageOut + oh * s.ow * s.c, sums, oh);
        }
        if (++since == kRows) flush();
      }
    }
    flush();
  });
  for (int64_t j = dfilter ? 0 : taps; j < count; j++) {
    double total = 0;
    for (int64_t i = 0; i < parts; i++) total += totals[i * count + j];
    if (j < taps) dfilter[j] = static_cast<float>(total);
    else normalization[j - taps] = total;
  }
}

}  // namespace roga
