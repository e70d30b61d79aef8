// Memory that a kernel needs while it runs and whose contents nobody reads afterwards.
#pragma once
#include <cstddef>

namespace roga {

/** The uses of scratch memory that may be alive at once. */
enum class Scratch { kA, kB, kC, kAccumulators, kCount };

/**
 * At least `bytes` bytes, aligned to 64; the next call for the same slot on this JavaScript thread may move it.
 * Throws std::bad_alloc.
 */
void* scratch(Scratch slot, size_t bytes);

template <class T>
T* scratch(Scratch slot, size_t count) {
  return static_cast<T*>(scratch(slot, count * sizeof(T)));
}

}  // namespace roga
