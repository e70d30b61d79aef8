// Memory that a kernel needs while it runs and whose contents nobody reads afterwards.
#pragma once
#include <cstddef>
#include <new>
#include <string>

namespace roga {

/** Becomes a RangeError that says how much memory there was not. */
struct OutOfMemory : std::bad_alloc {
  explicit OutOfMemory(size_t bytes) : message("no " + std::to_string(bytes) + " bytes of memory") {}
  const char* what() const noexcept override { return message.c_str(); }
  std::string message;
};

/** The uses of scratch memory that may be alive at once. */
enum class Scratch { kA, kB, kC, kAccumulators, kPixels, kCount };

/**
 * At least `bytes` bytes, aligned to 64; the next call for the same slot on this JavaScript thread may move it.
 * Throws OutOfMemory.
 */
void* scratch(Scratch slot, size_t bytes);

template <class T>
T* scratch(Scratch slot, size_t count) {
  return static_cast<T*>(scratch(slot, count * sizeof(T)));
}

}  // namespace roga
