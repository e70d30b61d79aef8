#include "reduction.h"

#include <algorithm>
#include <limits>

#include "parallel.h"
#include "scratch.h"

namespace roga {

namespace {

// How values are joined: `Lane` is the type within a block, blocks are joined in double precision.
struct Sum {
  using Lane = float;
  static constexpr double start = 0;
  template <class T>
  static T join(T a, T b) {
    return a + b;
  }
};

struct Product {
  using Lane = double;
  static constexpr double start = 1;
  template <class T>
  static T join(T a, T b) {
    return a * b;
  }
};

// A NaN is not less or greater than anything: it has to be asked for, and stays. Without branches, for vectors.
struct Largest {
  using Lane = float;
  static constexpr double start = -std::numeric_limits<double>::infinity();
  template <class T>
  static T join(T a, T b) {
    const T larger = b > a ? b : a;
    return b != b ? b : larger;
  }
};

struct Smallest {
  using Lane = float;
  static constexpr double start = std::numeric_limits<double>::infinity();
  template <class T>
  static T join(T a, T b) {
    const T smaller = b < a ? b : a;
    return b != b ? b : smaller;
  }
};

struct One {
  const float* x;
  float operator()(int64_t i) const { return x[i]; }
};

struct Both {
  const float* x;
  const float* y;
  float operator()(int64_t i) const { return x[i] * y[i]; }
};

/** Values that are joined side by side, so that additions do not wait for one another. */
constexpr int kLanes = 64;
/** Rounds of lanes, or rows, in a block. */
constexpr int kBlock = 32;
/** Columns at a time: their accumulators stay in the nearest cache. */
constexpr int64_t kColumns = 1024;

/** Joins all lanes, by halves. */
template <class Op, int width, class T>
double fold(const T* lanes) {
  if constexpr (width == 1) {
    return static_cast<double>(lanes[0]);
  } else {
    double half[width / 2];
#pragma omp simd
    for (int i = 0; i < width / 2; i++) {
      half[i] = Op::join(static_cast<double>(lanes[i]), static_cast<double>(lanes[i + width / 2]));
    }
    return fold<Op, width / 2>(half);
  }
}

/** Joins `n` consecutive values. */
template <class Op, class Load>
double joinRow(Load load, int64_t begin, int64_t n) {
  using Lane = typename Op::Lane;
  double total = Op::start;
  const int64_t end = begin + n;
  for (int64_t block = begin; block < end; block += kLanes * kBlock) {
    const int64_t until = std::min<int64_t>(end, block + kLanes * kBlock);
    alignas(64) Lane lanes[kLanes];
    for (int i = 0; i < kLanes; i++) lanes[i] = static_cast<Lane>(Op::start);
    int64_t at = block;
    for (; at + kLanes <= until; at += kLanes) {
#pragma omp simd
      for (int i = 0; i < kLanes; i++) lanes[i] = Op::join(lanes[i], static_cast<Lane>(load(at + i)));
    }
    const int rest = static_cast<int>(until - at);
#pragma omp simd
    for (int i = 0; i < rest; i++) lanes[i] = Op::join(lanes[i], static_cast<Lane>(load(at + i)));
    total = Op::join(total, fold<Op, kLanes>(lanes));
  }
  return total;
}

/** Joins `rows` rows of `columns` values that are `stride` apart into `totals`. */
template <class Op, class Load>
void joinRows(Load load, int64_t begin, int64_t rows, int64_t columns, int64_t stride, double* totals) {
  using Lane = typename Op::Lane;
  alignas(64) Lane block[kColumns];
  for (int64_t row = 0; row < rows; row += kBlock) {
    const int64_t until = std::min<int64_t>(rows, row + kBlock);
    const int64_t first = begin + row * stride;
#pragma omp simd
    for (int64_t c = 0; c < columns; c++) block[c] = static_cast<Lane>(load(first + c));
    int64_t next = row + 1;
    for (; next + 4 <= until; next += 4) {
      const int64_t a = begin + next * stride;
      const int64_t b = a + stride, d = b + stride, e = d + stride;
#pragma omp simd
      for (int64_t c = 0; c < columns; c++) {
        const Lane left = Op::join(static_cast<Lane>(load(a + c)), static_cast<Lane>(load(b + c)));
        const Lane right = Op::join(static_cast<Lane>(load(d + c)), static_cast<Lane>(load(e + c)));
        block[c] = Op::join(block[c], Op::join(left, right));
      }
    }
    for (; next < until; next++) {
      const int64_t a = begin + next * stride;
#pragma omp simd
      for (int64_t c = 0; c < columns; c++) block[c] = Op::join(block[c], static_cast<Lane>(load(a + c)));
    }
#pragma omp simd
    for (int64_t c = 0; c < columns; c++) totals[c] = Op::join(totals[c], static_cast<double>(block[c]));
  }
}

/** As `joinRows`; short rows are joined several at a time, as if they were one. */
template <class Op, class Load>
void joinMatrix(Load load, int64_t begin, int64_t rows, int64_t columns, int64_t stride, double* totals) {
  const int64_t together = columns < kLanes && columns == stride ? kLanes / columns : 1;
  if (together == 1 || rows < 2 * together) return joinRows<Op>(load, begin, rows, columns, stride, totals);
  const int64_t width = together * columns;
  const int64_t whole = rows / together;
  double wide[kLanes];
  std::fill(wide, wide + width, Op::start);
  joinRows<Op>(load, begin, whole, width, width, wide);
  for (int64_t i = 0; i < width; i++) totals[i % columns] = Op::join(totals[i % columns], wide[i]);
  const int64_t done = whole * together;
  joinRows<Op>(load, begin + done * stride, rows - done, columns, stride, totals);
}

template <class Op, class Load>
void run(Load load, Floats out, int64_t outer, int64_t middle, int64_t inner, double scale) {
  const int64_t chunks = (inner + kColumns - 1) / kColumns;
  const int64_t work = outer * middle * inner;
  // Few outputs: threads also share the middle axis, and what they have is joined in a fixed order.
  const bool few = outer * chunks < 4 * threads() && work >= kSerial;
  const int64_t pieces = few ? std::min<int64_t>(threads(), middle) : 1;
  double* partial = pieces > 1 ? scratch<double>(Scratch::kAccumulators, static_cast<size_t>(outer * pieces * inner)) : nullptr;
  parallelFor(outer * pieces * chunks, work, 1, [&](int64_t begin, int64_t end) {
    alignas(64) double totals[kColumns];
    for (int64_t task = begin; task < end; task++) {
      const int64_t chunk = task % chunks, piece = task / chunks % pieces, o = task / chunks / pieces;
      const Range rows = part(middle, static_cast<int>(piece), static_cast<int>(pieces));
      const int64_t column = chunk * kColumns, columns = std::min(kColumns, inner - column);
      const int64_t from = (o * middle + rows.begin) * inner + column;
      if (inner == 1) {
        totals[0] = joinRow<Op>(load, from, rows.end - rows.begin);
      } else {
        std::fill(totals, totals + columns, Op::start);
        joinMatrix<Op>(load, from, rows.end - rows.begin, columns, inner, totals);
      }
      if (pieces > 1) {
        std::copy(totals, totals + columns, partial + (o * pieces + piece) * inner + column);
      } else {
        for (int64_t c = 0; c < columns; c++) out[o * inner + column + c] = static_cast<float>(totals[c] * scale);
      }
    }
  });
  if (pieces == 1) return;
  for (int64_t o = 0; o < outer; o++) {
    for (int64_t c = 0; c < inner; c++) {
      double total = partial[o * pieces * inner + c];
      for (int64_t piece = 1; piece < pieces; piece++) total = Op::join(total, partial[(o * pieces + piece) * inner + c]);
      out[o * inner + c] = static_cast<float>(total * scale);
    }
  }
}

void check(ConstFloats x, Floats out, int64_t outer, int64_t middle, int64_t inner) {
  if (outer < 1 || middle < 1 || inner < 1) throw ArgumentError("expected axes of length 1 or more");
  require(x, product({outer, middle, inner}), "x");
  require(out, product({outer, inner}), "out");
}

}  // namespace

void reduce(int64_t operation, ConstFloats x, Floats out, int64_t outer, int64_t middle, int64_t inner, double scale) {
  check(x, out, outer, middle, inner);
  const One load{x.data};
  switch (operation) {
    case 0:
      return run<Sum>(load, out, outer, middle, inner, scale);
    case 1:
      return run<Largest>(load, out, outer, middle, inner, 1);
    case 2:
      return run<Smallest>(load, out, outer, middle, inner, 1);
    case 3:
      return run<Product>(load, out, outer, middle, inner, 1);
    default:
      throw ArgumentError("operation: there is none numbered " + std::to_string(operation));
  }
}

void reduceProduct(ConstFloats x, ConstFloats y, Floats out, int64_t outer, int64_t middle, int64_t inner) {
  check(x, out, outer, middle, inner);
  require(y, product({outer, middle, inner}), "y");
  run<Sum>(Both{x.data, y.data}, out, outer, middle, inner, 1);
}

}  // namespace roga
