#include "elementwise.h"

#include "parallel.h"

namespace roga {

void unary(int64_t operation, ConstFloats x, Floats y, double) {
  const int64_t n = static_cast<int64_t>(x.size);
  require(y, n, "y");
  switch (operation) {
    case 0:
      parallelFor(n, n, 16, [&](int64_t begin, int64_t end) {
        // The comparison keeps a NaN.
        for (int64_t i = begin; i < end; i++) y[i] = x[i] < 0 ? 0 : x[i];
      });
      return;
    default:
      throw ArgumentError("unknown operation");
  }
}

void binary(int64_t operation, ConstFloats a, ConstFloats b, Floats out, Ints dims) {
  if (dims.size % 3 != 0) throw ArgumentError("dims: expected three numbers an axis");
  const int64_t n = static_cast<int64_t>(out.size);
  (void)operation;
  (void)a;
  (void)b;
  (void)n;
  throw ArgumentError("unknown operation");
}

}  // namespace roga
