#include "filter-panels.h"

#include "matmul.h"

namespace roga {

double panelSize(int64_t k, int64_t n) {
  if (k < 1 || n < 1) throw ArgumentError("expected a matrix of at least one element");
  product({k, n});
  if (!usesOwnProducts()) return 0;
  return static_cast<double>(usesBfloat16() ? panelNumbers<Bfloat16>(k, n) : panelNumbers<Float32>(k, n));
}

void packFilter(ConstFloats w, int64_t k, int64_t n, Floats panels) {
  const int64_t size = static_cast<int64_t>(panelSize(k, n));
  if (size == 0) throw ArgumentError("no product reads panels on this processor");
  require(w, product({k, n}), "w");
  require(panels, size, "panels");
  if constexpr (kHasBfloat16Products) {
    if (usesBfloat16()) return packWeights<Bfloat16>(w.data, k, n, false, panels.data);
  }
  packWeights<Float32>(w.data, k, n, false, panels.data);
}

}  // namespace roga
