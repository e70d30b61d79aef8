// Work on several threads. The number of threads is a setting of the addon; how work is split depends on it and on the
// shapes alone, so that a computation gives the same bits every time it is run with the same number of threads.
#pragma once
#include <omp.h>

#include <algorithm>
#include <cstdint>

namespace roga {

/** How many threads kernels use. */
inline int threads() { return omp_get_max_threads(); }

/** Elements below which starting threads costs more than it saves. */
constexpr int64_t kSerial = 16384;

struct Range {
  int64_t begin, end;
};

/** Part `index` of `parts` of [0, total), in multiples of `grain` from the start. */
inline Range part(int64_t total, int index, int parts, int64_t grain = 1) {
  const int64_t grains = (total + grain - 1) / grain;
  return {std::min(total, grains * index / parts * grain), std::min(total, grains * (index + 1) / parts * grain)};
}

/**
 * Calls f(begin, end) on each thread with its part of [0, total); serially where `work` (elements touched) is small.
 * f must not throw.
 */
template <class F>
void parallelFor(int64_t total, int64_t work, int64_t grain, F&& f) {
  const int workers = work < kSerial ? 1 : threads();
  if (workers == 1) {
    if (total > 0) f(int64_t{0}, total);
    return;
  }
#pragma omp parallel num_threads(workers)
  {
    const Range range = part(total, omp_get_thread_num(), omp_get_num_threads(), grain);
    if (range.begin < range.end) f(range.begin, range.end);
  }
}

}  // namespace roga
