// Operations of two arguments. The output is divided between threads as one flat range, so that any shape gives all
// threads work; within it, rows along the last axis are walked with the strides of a and b.
#include <algorithm>
#include <cmath>

#include "elementwise.h"
#include "parallel.h"
#include "vector-math.h"

namespace roga {

namespace {

constexpr int kMaxAxes = 8;

/** Whether the sign of a number, which may be that of −0, is minus. */
inline bool isMinus(float x) { return std::copysign(1.0f, x) < 0; }

/** Sizes and strides of the output's axes. */
struct Broadcast {
  int rank = 0;
  int64_t size[kMaxAxes], a[kMaxAxes], b[kMaxAxes];
  int64_t total = 1;
  /** The extents of a and b in elements. */
  int64_t extentA = 1, extentB = 1;
};

Broadcast read(Ints dims) {
  if (dims.size % 3 != 0 || dims.size == 0 || dims.size > 3 * kMaxAxes) {
    throw ArgumentError("dims: expected three numbers for each of 1 to 8 axes");
  }
  Broadcast shape;
  shape.rank = static_cast<int>(dims.size / 3);
  for (int axis = 0; axis < shape.rank; axis++) {
    shape.size[axis] = dims[axis * 3];
    shape.a[axis] = dims[axis * 3 + 1];
    shape.b[axis] = dims[axis * 3 + 2];
    if (shape.size[axis] < 1 || shape.a[axis] < 0 || shape.b[axis] < 0) {
      throw ArgumentError("dims: expected sizes of 1 or more and strides of 0 or more");
    }
    shape.total = product({shape.total, shape.size[axis]});
    shape.extentA += product({shape.size[axis] - 1, shape.a[axis]});
    shape.extentB += product({shape.size[axis] - 1, shape.b[axis]});
  }
  return shape;
}

/** A row of the output: strides 0 and 1 are constants in the loops that matter. */
template <class Out, class F>
inline void row(F f, const float* a, int64_t strideA, const float* b, int64_t strideB, Out* out, int64_t n) {
  if (strideA == 1 && strideB == 1) {
#pragma omp simd
    for (int64_t i = 0; i < n; i++) out[i] = f(a[i], b[i]);
  } else if (strideA == 1 && strideB == 0) {
    const float right = *b;
#pragma omp simd
    for (int64_t i = 0; i < n; i++) out[i] = f(a[i], right);
  } else if (strideA == 0 && strideB == 1) {
    const float left = *a;
#pragma omp simd
    for (int64_t i = 0; i < n; i++) out[i] = f(left, b[i]);
  } else {
    for (int64_t i = 0; i < n; i++) out[i] = f(a[i * strideA], b[i * strideB]);
  }
}

/** Rows shorter than this are joined where one operand repeats in every row. */
constexpr int64_t kShortRow = 128;

template <class Out, class F>
void walk(const Broadcast& shape, const float* a, const float* b, Out* out, int64_t cost, F f) {
  const int last = shape.rank - 1;
  const int64_t columns = shape.size[last];
  parallelFor(shape.total, shape.total * cost, 16, [&](int64_t begin, int64_t end) {
    int64_t index[kMaxAxes] = {};
    int64_t rest = begin, offsetA = 0, offsetB = 0;
    for (int axis = last; axis >= 0; axis--) {
      index[axis] = rest % shape.size[axis];
      rest /= shape.size[axis];
      if (axis < last) {
        offsetA += index[axis] * shape.a[axis];
        offsetB += index[axis] * shape.b[axis];
      }
    }
    int64_t column = index[last];
    for (int64_t position = begin; position < end;) {
      const int64_t n = std::min(columns - column, end - position);
      row(f, a + offsetA + column * shape.a[last], shape.a[last], b + offsetB + column * shape.b[last], shape.b[last],
          out + position, n);
      position += n;
      column = 0;
      for (int axis = last - 1; axis >= 0; axis--) {
        offsetA += shape.a[axis];
        offsetB += shape.b[axis];
        if (++index[axis] < shape.size[axis]) break;
        offsetA -= shape.size[axis] * shape.a[axis];
        offsetB -= shape.size[axis] * shape.b[axis];
        index[axis] = 0;
      }
    }
  });
}

/**
 * A matrix with short rows and a vector that repeats in each of them: several rows are one, beside as many copies of the
 * vector.
 */
template <class Out, class F>
void walkShortRows(int64_t total, int64_t columns, const float* full, const float* vector, Out* out, int64_t cost, F f) {
  const int64_t period = columns * ((2 * kShortRow + columns - 1) / columns);
  float repeated[4 * kShortRow];
  for (int64_t i = 0; i < period; i++) repeated[i] = vector[i % columns];
  parallelFor(total, total * cost, period, [&](int64_t begin, int64_t end) {
    for (int64_t at = begin; at < end; at += period) {
      row(f, full + at, 1, repeated, 1, out + at, std::min(period, end - at));
    }
  });
}

template <class Out, class F>
void apply(ConstFloats a, ConstFloats b, Span<Out> out, Ints dims, int64_t cost, F f) {
  const Broadcast shape = read(dims);
  require(a, shape.extentA, "a");
  require(b, shape.extentB, "b");
  require(out, shape.total, "out");
  if (shape.rank == 2 && shape.size[1] < kShortRow && shape.a[1] == 1 && shape.b[1] == 1) {
    const int64_t columns = shape.size[1];
    if (shape.a[0] == columns && shape.b[0] == 0) {
      return walkShortRows(shape.total, columns, a.data, b.data, out.data, cost, f);
    }
    if (shape.b[0] == columns && shape.a[0] == 0) {
      return walkShortRows(shape.total, columns, b.data, a.data, out.data, cost,
                           [f](float right, float left) { return f(left, right); });
    }
  }
  walk(shape, a.data, b.data, out.data, cost, f);
}

/** JavaScript's power: unlike C's it has no value for 1 to the power of NaN, and for ±1 to the power of ±infinity. */
float power(float a, float b) {
  if (b != b || (std::fabs(a) == 1.0f && std::isinf(b))) return kNaN;
  return std::pow(a, b);
}

/** Powers that are a few multiplications; returns whether it was one. */
bool simplePower(ConstFloats a, float exponent, Floats out, Ints dims) {
  const ConstFloats unused{a.data, a.size};
  if (exponent == 1.0f) apply(a, unused, out, dims, 1, [](float v, float) { return v; });
  else if (exponent == 2.0f) apply(a, unused, out, dims, 1, [](float v, float) { return v * v; });
  else if (exponent == 3.0f) apply(a, unused, out, dims, 1, [](float v, float) { return v * v * v; });
  else if (exponent == -1.0f) apply(a, unused, out, dims, 1, [](float v, float) { return 1.0f / v; });
  else if (exponent == 0.5f) {
    apply(a, unused, out, dims, 2,
          [](float v, float) { return v == -kInfinity ? kInfinity : std::sqrt(v + 0.0f); });
  } else return false;
  return true;
}

}  // namespace

// Math.max and Math.min give NaN where either argument is one.
void binary(int64_t operation, ConstFloats a, ConstFloats b, Floats out, Ints dims) {
  switch (operation) {
    case 0:
      return apply(a, b, out, dims, 1, [](float x, float y) { return x + y; });
    case 1:
      return apply(a, b, out, dims, 1, [](float x, float y) { return x - y; });
    case 2:
      return apply(a, b, out, dims, 1, [](float x, float y) { return x * y; });
    case 3:
      return apply(a, b, out, dims, 2, [](float x, float y) { return x / y; });
    // NaN is passed on, and 0 is above −0.
    case 4:
      return apply(a, b, out, dims, 1,
                   [](float x, float y) { return x > y || x != x || (x == y && isMinus(y)) ? x : y; });
    case 5:
      return apply(a, b, out, dims, 1,
                   [](float x, float y) { return x < y || x != x || (x == y && isMinus(x)) ? x : y; });
    case 6:
      return apply(a, b, out, dims, 1, [](float x, float y) { return (x - y) * (x - y); });
    case 7:
      if (b.size == 1 && simplePower(a, b[0], out, dims)) return;
      return apply(a, b, out, dims, 16, [](float x, float y) { return power(x, y); });
    default:
      throw ArgumentError("operation: there is none numbered " + std::to_string(operation));
  }
}

void compare(int64_t operation, ConstFloats a, ConstFloats b, Bytes out, Ints dims) {
  switch (operation) {
    case 0:
      return apply(a, b, out, dims, 1, [](float x, float y) -> uint8_t { return x == y; });
    case 1:
      return apply(a, b, out, dims, 1, [](float x, float y) -> uint8_t { return x != y; });
    case 2:
      return apply(a, b, out, dims, 1, [](float x, float y) -> uint8_t { return x > y; });
    case 3:
      return apply(a, b, out, dims, 1, [](float x, float y) -> uint8_t { return x >= y; });
    case 4:
      return apply(a, b, out, dims, 1, [](float x, float y) -> uint8_t { return x < y; });
    case 5:
      return apply(a, b, out, dims, 1, [](float x, float y) -> uint8_t { return x <= y; });
    default:
      throw ArgumentError("operation: there is none numbered " + std::to_string(operation));
  }
}

}  // namespace roga
