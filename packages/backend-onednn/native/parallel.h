// Work on several threads. It is divided into more parts than there are threads, and a thread that is done takes the next
// part: the processors of a shared machine are not equally fast at any moment. What a part is depends on the shapes and the
// number of threads alone, and parts do not depend on who computes them or when, so that a computation gives the same bits
// every time.
#pragma once
#include <omp.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <type_traits>

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

/** Parts of a large piece of work for each thread, and the elements that a part has at least. */
constexpr int64_t kPartsPerThread = 8;
constexpr int64_t kSmallestPart = 8192;

/** How many threads share work on that many elements. */
inline int workersFor(int64_t elements) { return elements < kSerial ? 1 : threads(); }

/**
 * Calls f(i, thread) for i in [0, count), each thread taking the next i when it is done with one; `thread` is below
 * `workers`. f must not throw.
 */
template <class F>
void parallelParts(int64_t count, int workers, F&& f) {
  if (workers == 1 || count < 2) {
    for (int64_t i = 0; i < count; i++) f(i, 0);
    return;
  }
  std::atomic<int64_t> next{0};
#pragma omp parallel num_threads(workers)
  {
    const int thread = omp_get_thread_num();
    for (int64_t i = next++; i < count; i = next++) f(i, thread);
  }
}

/**
 * Calls f(begin, end), or f(begin, end, thread), for ranges that make up [0, total); serially where `work` (elements touched) is small. No result may
 * depend on more than its own index. f must not throw.
 */
template <class F>
void parallelFor(int64_t total, int64_t work, int64_t grain, F&& f) {
  const int workers = workersFor(work);
  const int64_t parts = workers == 1 ? 1 : std::clamp(work / kSmallestPart, int64_t{workers}, kPartsPerThread * workers);
  parallelParts(parts, workers, [&](int64_t i, int thread) {
    const Range range = part(total, static_cast<int>(i), static_cast<int>(parts), grain);
    if (range.begin >= range.end) return;
    if constexpr (std::is_invocable_v<F, int64_t, int64_t, int>) f(range.begin, range.end, thread);
    else f(range.begin, range.end);
  });
}

}  // namespace roga
