#include "softmax.h"

#include "parallel.h"
#include "vector-math.h"

namespace roga {

void softmax(ConstFloats x, Floats y, int64_t rows, int64_t columns) {
  if (rows < 1 || columns < 1) throw ArgumentError("expected one or more rows and columns");
  require(x, product({rows, columns}), "x");
  require(y, product({rows, columns}), "y");
  parallelFor(rows, rows * columns * 4, 1, [=](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; row++) {
      const float* in = x.data + row * columns;
      float* out = y.data + row * columns;
      // A NaN reaches every value of its row by way of the sum.
      float largest = -kInfinity;
#pragma omp simd reduction(max : largest)
      for (int64_t i = 0; i < columns; i++) largest = in[i] > largest ? in[i] : largest;
      double sum = 0;
#pragma omp simd reduction(+ : sum)
      for (int64_t i = 0; i < columns; i++) {
        const float e = exponential(in[i] - largest);
        out[i] = e;
        sum += static_cast<double>(e);
      }
      const float divisor = static_cast<float>(sum);
#pragma omp simd
      for (int64_t i = 0; i < columns; i++) out[i] /= divisor;
    }
  });
}

void softmaxBackward(ConstFloats dy, ConstFloats y, Floats dx, int64_t rows, int64_t columns) {
  if (rows < 1 || columns < 1) throw ArgumentError("expected one or more rows and columns");
  require(dy, product({rows, columns}), "dy");
  require(y, product({rows, columns}), "y");
  require(dx, product({rows, columns}), "dx");
  parallelFor(rows, rows * columns, 1, [=](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; row++) {
      const float* d = dy.data + row * columns;
      const float* s = y.data + row * columns;
      float* out = dx.data + row * columns;
      double sum = 0;
#pragma omp simd reduction(+ : sum)
      for (int64_t i = 0; i < columns; i++) sum += static_cast<double>(d[i]) * static_cast<double>(s[i]);
      const float total = static_cast<float>(sum);
#pragma omp simd
      for (int64_t i = 0; i < columns; i++) out[i] = s[i] * (d[i] - total);
    }
  });
}

}  // namespace roga
