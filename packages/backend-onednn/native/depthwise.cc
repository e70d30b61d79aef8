// Depthwise convolution with one filter per channel. The work is a few multiplications per number that is read, so what
// counts is to read everything once: rows of the output are computed in order, the rows of the input they share stay in
// the cache, and within a row a run of neighbouring outputs is kept in registers while the filter passes over it.
#include "depthwise.h"

#include <type_traits>

#include "convolution-shape.h"
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

/** Outputs [begin, end) of a row of `outputs` whose filter columns all lie inside the image. */
Range inside(int64_t outputs, int64_t stride, int64_t before, int64_t reach, int64_t size) {
  const int64_t begin = std::min(outputs, (before + stride - 1) / stride);
  const int64_t end = size + before >= reach ? std::min(outputs, (size + before - reach) / stride + 1) : 0;
  return {begin, std::max(begin, end)};
}

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

template <int K, int S, int Outputs>
void run(const float* x, int64_t rowStride, Taps rows, const float* filter, float* y, int64_t channels) {
  // x: the input under the first filter column of the first output, in the row of tap 0
  overVectors(channels, [&](int64_t c, auto lanes) {
    Vector sum[Outputs] = {};
    for (int64_t i = rows.begin; i < rows.end; i++) {
      const float* row = x + i * rowStride + c;
      const float* f = filter + i * K * channels + c;
      Vector weight[K];
#pragma GCC unroll 8
      for (int j = 0; j < K; j++) weight[j] = lanes.load(f + j * channels);
#pragma GCC unroll 64
      for (int column = 0; column < (Outputs - 1) * S + K; column++) {
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

/** Outputs [begin, end) of a row, all of whose filter columns lie inside the image. */
template <int K, int S>
void runs(const ConvolutionShape& s, const float* x, Taps rows, const float* filter, float* y, Range outputs) {
  const int64_t rowStride = s.w * s.c;
  const auto call = [&](auto outputs_, int64_t ow) {
    run<K, S, decltype(outputs_)::value>(x + (ow * S - s.left) * s.c, rowStride, rows, filter, y + ow * s.c, s.c);
  };
  int64_t ow = outputs.begin;
  for (; ow + kRun <= outputs.end; ow += kRun) call(std::integral_constant<int, kRun>{}, ow);
  for (; ow + 4 <= outputs.end; ow += 4) call(std::integral_constant<int, 4>{}, ow);
  for (; ow < outputs.end; ow++) call(std::integral_constant<int, 1>{}, ow);
}

using Runs = void (*)(const ConvolutionShape&, const float*, Taps, const float*, float*, Range);

Runs runsFor(const ConvolutionShape& s) {
  if (s.kh != s.kw || s.sh != s.sw || s.dh != 1 || s.dw != 1) return nullptr;
  if (s.sh == 1) return s.kh == 3 ? runs<3, 1> : s.kh == 5 ? runs<5, 1> : nullptr;
  if (s.sh == 2) return s.kh == 3 ? runs<3, 2> : s.kh == 5 ? runs<5, 2> : nullptr;
  return nullptr;
}

void outputRow(const ConvolutionShape& s, Runs runs, const float* image, const float* filter, float* y, int64_t oh) {
  const Range safe = runs ? inside(s.ow, s.sw, s.left, s.kw, s.w) : Range{s.ow, s.ow};
  for (int64_t ow = 0; ow < safe.begin; ow++) pixel(s, image, filter, y + ow * s.c, oh, ow);
  if (runs) {
    const Taps rows(oh, s.sh, s.top, s.dh, s.kh, s.h);
    runs(s, image + (oh * s.sh - s.top) * s.w * s.c, rows, filter, y, safe);
  }
  for (int64_t ow = safe.end; ow < s.ow; ow++) pixel(s, image, filter, y + ow * s.c, oh, ow);
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
void filterRun(const float* x, const float* dy, float* sums, int64_t channels, Lanes lanes) {
  // One row of taps: sums[j] += Σ x[output·S + j] · dy[output]
  Vector sum[K];
#pragma GCC unroll 8
  for (int j = 0; j < K; j++) sum[j] = lanes.load(sums + j * channels);
  Vector gradient[Outputs];
#pragma GCC unroll 16
  for (int output = 0; output < Outputs; output++) gradient[output] = lanes.load(dy + output * channels);
#pragma GCC unroll 64
  for (int column = 0; column < (Outputs - 1) * S + K; column++) {
    const Vector value = lanes.load(x + column * channels);
#pragma GCC unroll 8
    for (int j = 0; j < K; j++) {
      const int output = column - j;
      if (output >= 0 && output % S == 0 && output / S < Outputs) sum[j] += value * gradient[output / S];
    }
  }
#pragma GCC unroll 8
  for (int j = 0; j < K; j++) lanes.store(sums + j * channels, sum[j]);
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
  const Range safe = inside(s.ow, s.sw, s.left, s.kw, s.w);
  const Taps rows(oh, s.sh, s.top, s.dh, s.kh, s.h);
  const auto call = [&](auto outputs, int64_t ow) {
    overVectors(s.c, [&](int64_t c, auto lanes) {
      for (int64_t i = rows.begin; i < rows.end; i++) {
        const float* x = image + ((oh * s.sh - s.top + i) * s.w + ow * s.sw - s.left) * s.c + c;
        filterRun<K, S, decltype(outputs)::value>(x, dy + ow * s.c + c, sums + i * K * s.c + c, s.c, lanes);
      }
    });
  };
  for (int64_t ow = 0; ow < safe.begin; ow++) filterPixel(s, image, dy + ow * s.c, sums, oh, ow);
  int64_t ow = safe.begin;
  for (; ow + kRun <= safe.end; ow += kRun) call(std::integral_constant<int, kRun>{}, ow);
  for (; ow + 4 <= safe.end; ow += 4) call(std::integral_constant<int, 4>{}, ow);
  for (; ow < safe.end; ow++) call(std::integral_constant<int, 1>{}, ow);
  for (ow = safe.end; ow < s.ow; ow++) filterPixel(s, image, dy + ow * s.c, sums, oh, ow);
}

void anyFilterRow(const ConvolutionShape& s, const float* image, const float* dy, float* sums, int64_t oh) {
  for (int64_t ow = 0; ow < s.ow; ow++) filterPixel(s, image, dy + ow * s.c, sums, oh, ow);
}

using FilterRow = void (*)(const ConvolutionShape&, const float*, const float*, float*, int64_t);

FilterRow filterRowFor(const ConvolutionShape& s) {
  if (s.kh != s.kw || s.sh != s.sw || s.dh != 1 || s.dw != 1) return anyFilterRow;
  if (s.sh == 1) return s.kh == 3 ? filterRow<3, 1> : s.kh == 5 ? filterRow<5, 1> : anyFilterRow;
  if (s.sh == 2) return s.kh == 3 ? filterRow<3, 2> : s.kh == 5 ? filterRow<5, 2> : anyFilterRow;
  return anyFilterRow;
}

void requireDepthwise(const ConvolutionShape& s) {
  if (s.groups != s.c || s.k != s.c) throw ArgumentError("shape: expected one output channel for each input channel");
}

}  // namespace

void depthwise(Ints shape, ConstFloats x, ConstFloats filter, Floats y) {
  const ConvolutionShape s(shape);
  requireDepthwise(s);
  require(x, s.inputSize(), "x");
  require(filter, s.filterSize(), "filter");
  require(y, s.outputSize(), "y");
  const Runs runs = runsFor(s);
  parallelFor(s.n * s.oh, s.outputSize() * s.kh, 1, [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; row++) {
      const int64_t n = row / s.oh, oh = row % s.oh;
      outputRow(s, runs, x.data + n * s.h * s.w * s.c, filter.data, y.data + row * s.ow * s.c, oh);
    }
  });
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

  // Sums of a few rows in float32, of all rows in double precision, for each thread.
  constexpr int64_t kRows = 8;
  const int workers = s.outputSize() < kSerial ? 1 : threads();
  double* totals = scratch<double>(Scratch::kAccumulators, static_cast<size_t>(workers * taps));
  float* partial = scratch<float>(Scratch::kB, static_cast<size_t>(workers * taps));
  // There may be fewer threads than were asked for.
  std::fill_n(totals, workers * taps, 0.0);
  const FilterRow filterRow = filterRowFor(s);
  const int64_t imageIn = s.h * s.w * s.c, imageOut = s.oh * s.ow * s.c;

  // Rows of dx and of dy are walked together: of each image, the part of both that belongs to a thread.
#pragma omp parallel num_threads(workers)
  {
    const int worker = omp_get_thread_num();
    double* total = totals + worker * taps;
    float* sums = partial + worker * taps;
    std::fill_n(sums, taps, 0.0f);
    int64_t since = 0;
    const auto flush = [&] {
      for (int64_t tap = 0; tap < taps; tap++) {
        total[tap] += sums[tap];
        sums[tap] = 0;
      }
      since = 0;
    };
    const Range all = part(s.n * s.oh, worker, omp_get_num_threads());
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
  }
  if (!dfilter) return;
  for (int64_t tap = 0; tap < taps; tap++) {
    double total = 0;
    for (int worker = 0; worker < workers; worker++) total += totals[worker * taps + tap];
    dfilter[tap] = static_cast<float>(total);
  }
}

}  // namespace roga
