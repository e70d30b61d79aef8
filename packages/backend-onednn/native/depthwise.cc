// Depthwise convolution with one filter per channel. The work is a few multiplications per number that is read, so what
// counts is to read everything once: rows of the output are computed in order, the rows of the input they share stay in
// the cache, and within a row a run of neighbouring outputs is kept in registers while the filter passes over it.
#include "depthwise.h"

#include <type_traits>

#include "convolution-shape.h"
#include "epilogue.h"
#include "parallel.h"
#include "scratch.h"
#include "vector.h"

namespace roga {

namespace {

/** The most neighbouring outputs that are computed together: as many as registers hold. */
constexpr int kRun = kLanes == 16 ? 16 : 8;

/** The columns or rows of a filter that lie inside the image for one output position. */
struct Taps {
  int64_t begin, end;
  Taps(int64_t output, int64_t stride, int64_t before, int64_t dilation, int64_t taps, int64_t size) {
    const int64_t first = output * stride - before;
    begin = first >= 0 ? 0 : (-first + dilation - 1) / dilation;
    end = std::min(taps, first >= size ? 0 : (size - 1 - first) / dilation + 1);
    if (begin > end) begin = end;
  }
};

// ---- one output at a time, any filter ----

void pixel(const ConvolutionShape& s, const float* image, const float* filter, float* y, int64_t oh, int64_t ow) {
  const Taps rows(oh, s.sh, s.top, s.dh, s.kh, s.h), columns(ow, s.sw, s.left, s.dw, s.kw, s.w);
  const int64_t top = oh * s.sh - s.top, left = ow * s.sw - s.left, channels = s.c;
  overVectors(channels, [&](int64_t c, auto lanes) {
    Vector sum = {};
    for (int64_t i = rows.begin; i < rows.end; i++) {
      const float* x = image + ((top + i * s.dh) * s.w + left) * channels + c;
      const float* f = filter + i * s.kw * channels + c;
      for (int64_t j = columns.begin; j < columns.end; j++) {
        sum += lanes.load(x + j * s.dw * channels) * lanes.load(f + j * channels);
      }
    }
    lanes.store(y + c, sum);
  });
}

// ---- runs of outputs, square filters of the usual sizes without dilation ----

/** The columns under a run of outputs that lie inside the image: [first, end) of those that the filter passes over. */
struct Columns {
  int64_t first, end;
};

/** How many columns the filter passes over for a run of outputs. */
template <int K, int S, int Outputs>
constexpr int kSpan = (Outputs - 1) * S + K;

/** Whether column `column` of `span` lies inside; only the K − 1 columns at each end may not. */
template <int K>
inline bool isInside(int column, int span, Columns columns) {
  return !(column < K - 1 && column < columns.first) && !(column > span - K && column >= columns.end);
}

template <int K, int S, int Outputs>
void run(const float* x, int64_t rowStride, Taps rows, Columns columns, const float* filter, float* y, int64_t channels) {
  // x: the input under the first filter column of the first output, in the row of tap 0
  constexpr int span = kSpan<K, S, Outputs>;
  overVectors(channels, [&](int64_t c, auto lanes) {
    Vector sum[Outputs] = {};
    for (int64_t i = rows.begin; i < rows.end; i++) {
      const float* row = x + i * rowStride + c;
      const float* f = filter + i * K * channels + c;
      Vector weight[K];
#pragma GCC unroll 8
      for (int j = 0; j < K; j++) weight[j] = lanes.load(f + j * channels);
#pragma GCC unroll 64
      for (int column = 0; column < span; column++) {
        if (!isInside<K>(column, span, columns)) continue;
        const Vector value = lanes.load(row + column * channels);
#pragma GCC unroll 8
        for (int j = 0; j < K; j++) {
          const int output = column - j;
          if (output >= 0 && output % S == 0 && output / S < Outputs) sum[output / S] += value * weight[j];
        }
      }
    }
#pragma GCC unroll 16
    for (int output = 0; output < Outputs; output++) lanes.store(y + output * channels + c, sum[output]);
  });
}

template <int Outputs, class F>
void callRuns(int64_t& first, int64_t count, F& f) {
  for (; first + Outputs <= count; first += Outputs) f(std::integral_constant<int, Outputs>{}, first);
}

/**
 * Calls f(outputs, first) for runs of outputs that cover `count`; `outputs` is a constant. Where an output may be computed
 * twice, the last run of the greatest length begins early enough to end with the row.
 */
template <bool Twice, class F>
void inRuns(int64_t count, F&& f) {
  int64_t first = 0;
  callRuns<kRun>(first, count, f);
  if (Twice && first > 0 && first < count) return f(std::integral_constant<int, kRun>{}, count - kRun);
  callRuns<8>(first, count, f);
  callRuns<4>(first, count, f);
  callRuns<2>(first, count, f);
  callRuns<1>(first, count, f);
}

/** The columns inside the image for a run that begins at output `first`. */
template <int K, int S, int Outputs>
Columns columnsOf(const ConvolutionShape& s, int64_t first) {
  const int64_t left = first * S - s.left;
  return {-left, s.w - left};
}

/** All outputs of a row. */
template <int K, int S>
void runs(const ConvolutionShape& s, const float* x, Taps rows, const float* filter, float* y) {
  inRuns<true>(s.ow, [&](auto outputs, int64_t ow) {
    constexpr int n = decltype(outputs)::value;
    run<K, S, n>(x + (ow * S - s.left) * s.c, s.w * s.c, rows, columnsOf<K, S, n>(s, ow), filter, y + ow * s.c, s.c);
  });
}

using Runs = void (*)(const ConvolutionShape&, const float*, Taps, const float*, float*);

/** Whether runs know the shape: the filter, and no output whose filter lies beside the image. */
bool fitsRuns(const ConvolutionShape& s) {
  return s.kh == s.kw && (s.kh == 3 || s.kh == 5) && s.sh == s.sw && s.sh <= 2 && s.dh == 1 && s.dw == 1 &&
         s.left < s.kw && (s.ow - 1) * s.sw - s.left < s.w;
}

Runs runsFor(const ConvolutionShape& s) {
  if (!fitsRuns(s)) return nullptr;
  if (s.sh == 1) return s.kh == 3 ? runs<3, 1> : runs<5, 1>;
  return s.kh == 3 ? runs<3, 2> : runs<5, 2>;
}

void outputRow(const ConvolutionShape& s, Runs runs, const float* image, const float* filter, float* y, int64_t oh) {
  if (!runs) {
    for (int64_t ow = 0; ow < s.ow; ow++) pixel(s, image, filter, y + ow * s.c, oh, ow);
    return;
  }
  const Taps rows(oh, s.sh, s.top, s.dh, s.kh, s.h);
  runs(s, image + (oh * s.sh - s.top) * s.w * s.c, rows, filter, y);
}

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

void requireDepthwise(const ConvolutionShape& s) {
  if (s.groups != s.c || s.k != s.c) throw ArgumentError("shape: expected one output channel for each input channel");
}

}  // namespace

namespace {

/** Calls done(row, y of that row) for all rows of all images as they are computed. */
template <class F>
void forward(const ConvolutionShape& s, ConstFloats x, ConstFloats filter, Floats y, const Epilogue& epilogue, F&& done) {
  requireDepthwise(s);
  require(x, s.inputSize(), "x");
  require(filter, s.filterSize(), "filter");
  require(y, s.outputSize(), "y");
  const Runs runs = runsFor(s);
  parallelFor(s.n * s.oh, s.outputSize() * s.kh, 1, [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; row++) {
      const int64_t n = row / s.oh, oh = row % s.oh;
      float* to = y.data + row * s.ow * s.c;
      outputRow(s, runs, x.data + n * s.h * s.w * s.c, filter.data, to, oh);
      finishPixels(to, s.ow, s.c, epilogue);
      done(row, to);
    }
  });
}

Epilogue epilogueOf(const ConvolutionShape& s, ConstFloats bias, int64_t activation, double alpha) {
  if (bias) require(bias, s.c, "bias");
  return {bias.data, activationOf(activation), static_cast<float>(alpha)};
}

}  // namespace

void depthwise(Ints shape, ConstFloats x, ConstFloats filter, ConstFloats bias, Floats y, int64_t activation, double alpha) {
  const ConvolutionShape s(shape);
  forward(s, x, filter, y, epilogueOf(s, bias, activation, alpha), [](int64_t, const float*) {});
}

void depthwiseMean(Ints shape, ConstFloats x, ConstFloats filter, ConstFloats bias, Floats y, Floats mean, int64_t activation,
                   double alpha) {
  const ConvolutionShape s(shape);
  require(mean, s.n * s.c, "mean");
  // Sums of a row in float32, while it is in the cache; of the rows in double precision.
  float* sums = scratch<float>(Scratch::kAccumulators, static_cast<size_t>(s.n * s.oh * s.c));
  forward(s, x, filter, y, epilogueOf(s, bias, activation, alpha), [&](int64_t row, const float* values) {
    float* sum = sums + row * s.c;
    std::copy_n(values, s.c, sum);
    for (int64_t ow = 1; ow < s.ow; ow++) {
#pragma omp simd
      for (int64_t c = 0; c < s.c; c++) sum[c] += values[ow * s.c + c];
    }
  });
  const double scale = 1.0 / static_cast<double>(s.oh * s.ow);
  for (int64_t n = 0; n < s.n; n++) {
    for (int64_t c = 0; c < s.c; c++) {
      double total = 0;
      for (int64_t oh = 0; oh < s.oh; oh++) total += sums[(n * s.oh + oh) * s.c + c];
      mean[n * s.c + c] = static_cast<float>(total * scale);
    }
  }
}

void depthwiseBackward(Ints shape, ConstFloats x, ConstFloats dy, ConstFloats filter, Floats dx, Floats dfilter) {
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
  double* totals = scratch<double>(Scratch::kAccumulators, static_cast<size_t>(parts * taps));
  float* partial = scratch<float>(Scratch::kB, static_cast<size_t>(workers * taps));
  const FilterRow filterRow = filterRowFor(s);
  const SpreadRow spreadRow = spreadRowFor(s);
  const int64_t imageIn = s.h * s.w * s.c, imageOut = s.oh * s.ow * s.c;

  // Rows of dx and of dy are walked together: of each image, the rows of both that belong to a part.
  parallelParts(parts, workers, [&](int64_t i, int thread) {
    double* total = totals + i * taps;
    float* sums = partial + thread * taps;
    std::fill_n(total, taps, 0.0);
    std::fill_n(sums, taps, 0.0f);
    int64_t since = 0;
    const auto flush = [&] {
      for (int64_t tap = 0; tap < taps; tap++) {
        total[tap] += sums[tap];
        sums[tap] = 0;
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
          }
        }
        if (dfilter) {
          filterRow(s, x.data + n * imageIn, dy.data + n * imageOut + oh * s.ow * s.c, sums, oh);
          if (++since == kRows) flush();
        }
      }
    }
    flush();
  });
  if (!dfilter) return;
  for (int64_t tap = 0; tap < taps; tap++) {
    double total = 0;
    for (int64_t i = 0; i < parts; i++) total += totals[i * taps + tap];
    dfilter[tap] = static_cast<float>(total);
  }
}

}  // namespace roga
