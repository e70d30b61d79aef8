// Rows of a depthwise convolution's output. The work is a few multiplications per number that is read, so what counts is
// to read everything once: rows are computed in order, the rows of the input that they share stay in the cache, and
// within a row a run of neighbouring outputs is kept in registers while the filter passes over it.
#pragma once
#include <algorithm>
#include <type_traits>

#include "convolution-shape.h"
#include "vector.h"

namespace roga::depthwise_rows {

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

inline void pixel(const ConvolutionShape& s, const float* image, const float* filter, float* y, int64_t oh, int64_t ow) {
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
inline bool fitsRuns(const ConvolutionShape& s) {
  return s.kh == s.kw && (s.kh == 3 || s.kh == 5) && s.sh == s.sw && s.sh <= 2 && s.dh == 1 && s.dw == 1 &&
         s.left < s.kw && (s.ow - 1) * s.sw - s.left < s.w;
}

inline Runs runsFor(const ConvolutionShape& s) {
  if (!fitsRuns(s)) return nullptr;
  if (s.sh == 1) return s.kh == 3 ? runs<3, 1> : runs<5, 1>;
  return s.kh == 3 ? runs<3, 2> : runs<5, 2>;
}

inline void outputRow(const ConvolutionShape& s, Runs runs, const float* image, const float* filter, float* y, int64_t oh) {
  if (!runs) {
    for (int64_t ow = 0; ow < s.ow; ow++) pixel(s, image, filter, y + ow * s.c, oh, ow);
    return;
  }
  const Taps rows(oh, s.sh, s.top, s.dh, s.kh, s.h);
  runs(s, image + (oh * s.sh - s.top) * s.w * s.c, rows, filter, y);
}

inline void requireDepthwise(const ConvolutionShape& s) {
  if (s.groups != s.c || s.k != s.c) throw ArgumentError("shape: expected one output channel for each input channel");
}

}  // namespace roga::depthwise_rows
