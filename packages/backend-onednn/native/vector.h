// Vectors as wide as the instruction level that this copy of the addon is compiled for, in the compiler's own notation.
#pragma once
#include <cstdint>
#include <cstring>

namespace roga {

#if defined(__AVX512F__)
constexpr int kLanes = 16;
#elif defined(__AVX__)
constexpr int kLanes = 8;
#else
constexpr int kLanes = 4;
#endif

typedef float Vector __attribute__((vector_size(kLanes * sizeof(float))));
typedef float UnalignedVector __attribute__((vector_size(kLanes * sizeof(float)), aligned(4), may_alias));

inline Vector load(const float* from) { return *reinterpret_cast<const UnalignedVector*>(from); }
inline void store(float* to, Vector value) { *reinterpret_cast<UnalignedVector*>(to) = value; }

/** Access to all lanes of a vector. */
struct AllLanes {
  Vector load(const float* from) const { return roga::load(from); }
  void store(float* to, Vector value) const { roga::store(to, value); }
};

/** Access to the first lanes of a vector; the others are read as zeros and not written. */
struct FirstLanes {
  int64_t count;
  Vector load(const float* from) const {
    Vector value = {};
    std::memcpy(&value, from, static_cast<size_t>(count) * sizeof(float));
    return value;
  }
  void store(float* to, Vector value) const {
    std::memcpy(to, &value, static_cast<size_t>(count) * sizeof(float));
  }
};

/** Calls f(start, lanes) for every vector of [0, length), the last one perhaps in part. */
template <class F>
inline void overVectors(int64_t length, F&& f) {
  int64_t start = 0;
  for (; start + kLanes <= length; start += kLanes) f(start, AllLanes{});
  if (start < length) f(start, FirstLanes{length - start});
}

}  // namespace roga
