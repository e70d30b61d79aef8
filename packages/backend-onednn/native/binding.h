// How C++ functions become JavaScript functions. A function takes spans over typed arrays, integers, numbers and
// booleans; `bind` converts and checks every argument, and turns whatever is thrown into a JavaScript error, so that no
// kernel deals with N-API and no exception leaves the addon.
#pragma once
#include <node_api.h>

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <stdexcept>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

namespace roga {

/** A view of a typed array for the duration of a call; `data` is null where the argument was null or undefined. */
template <class T>
struct Span {
  T* data = nullptr;
  size_t size = 0;
  T& operator[](size_t i) const { return data[i]; }
  explicit operator bool() const { return data != nullptr; }
};

using Floats = Span<float>;
using ConstFloats = Span<const float>;
using Ints = Span<const int32_t>;
using Bytes = Span<uint8_t>;
using Doubles = Span<double>;

/** An argument that JavaScript got wrong: becomes a TypeError. */
struct ArgumentError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/** Throws unless a span is there and holds at least `count` elements. */
template <class T>
inline void require(const Span<T>& span, int64_t count, const char* name) {
  if (!span) throw ArgumentError(std::string(name) + ": expected " + std::to_string(count) + " elements, got none");
  if (count < 0 || span.size < static_cast<size_t>(count)) {
    throw ArgumentError(std::string(name) + ": expected " + std::to_string(count) + " elements, got " +
                        std::to_string(span.size));
  }
}

/** The product of sizes. Throws where it is more than any array holds, so that no check is made with a number that wrapped. */
inline int64_t product(std::initializer_list<int64_t> sizes) {
  constexpr int64_t kMost = int64_t{1} << 53;
  int64_t total = 1;
  for (const int64_t size : sizes) {
    if (size < 0 || (size > 0 && total > kMost / size)) throw ArgumentError("expected sizes that an array can have");
    total *= size;
  }
  return total;
}

/**
 * An array of typed arrays, for operations over lists. To look at an element of an array may run JavaScript, which may do
 * anything to other arrays: so all elements are taken first, and the memory of each is looked up afterwards.
 */
struct FloatList {
  static constexpr uint32_t kMax = 4096;
  napi_env env = nullptr;
  std::vector<napi_value> elements;
  uint32_t size = 0;
  Floats at(uint32_t index) const;
};

namespace detail {

template <class T>
struct ArrayType;
template <>
struct ArrayType<float> {
  static constexpr napi_typedarray_type value = napi_float32_array;
  static constexpr const char* name = "a Float32Array";
};
template <>
struct ArrayType<double> {
  static constexpr napi_typedarray_type value = napi_float64_array;
  static constexpr const char* name = "a Float64Array";
};
template <>
struct ArrayType<int32_t> {
  static constexpr napi_typedarray_type value = napi_int32_array;
  static constexpr const char* name = "an Int32Array";
};
template <>
struct ArrayType<uint8_t> {
  static constexpr napi_typedarray_type value = napi_uint8_array;
  static constexpr const char* name = "a Uint8Array";
};

[[noreturn]] inline void wrong(size_t index, const char* expected) {
  throw ArgumentError("argument " + std::to_string(index) + ": expected " + expected);
}

template <class A>
struct Convert;

template <class T>
struct Convert<Span<T>> {
  static Span<T> from(napi_env env, napi_value value, size_t index) {
    using Element = std::remove_const_t<T>;
    napi_typedarray_type type;
    size_t length;
    void* data;
    if (napi_get_typedarray_info(env, value, &type, &length, &data, nullptr, nullptr) != napi_ok) {
      napi_valuetype kind;
      if (napi_typeof(env, value, &kind) == napi_ok && (kind == napi_undefined || kind == napi_null)) return {};
      wrong(index, ArrayType<Element>::name);
    }
    if (type != ArrayType<Element>::value) wrong(index, ArrayType<Element>::name);
    static T empty[1] = {};
    return {length == 0 ? empty : static_cast<T*>(data), length};
  }
};

template <>
struct Convert<int64_t> {
  static int64_t from(napi_env env, napi_value value, size_t index) {
    double result;
    constexpr double kMost = 9007199254740991.0;
    if (napi_get_value_double(env, value, &result) != napi_ok || !(result >= -kMost && result <= kMost) ||
        result != static_cast<double>(static_cast<int64_t>(result))) {
      wrong(index, "an integer");
    }
    return static_cast<int64_t>(result);
  }
};

template <>
struct Convert<double> {
  static double from(napi_env env, napi_value value, size_t index) {
    double result;
    if (napi_get_value_double(env, value, &result) != napi_ok) wrong(index, "a number");
    return result;
  }
};

template <>
struct Convert<bool> {
  static bool from(napi_env env, napi_value value, size_t index) {
    bool result;
    if (napi_get_value_bool(env, value, &result) != napi_ok) wrong(index, "a boolean");
    return result;
  }
};

template <>
struct Convert<FloatList> {
  static FloatList from(napi_env env, napi_value value, size_t index) {
    bool isArray = false;
    FloatList list;
    if (napi_is_array(env, value, &isArray) != napi_ok || !isArray) wrong(index, "an array of Float32Array");
    if (napi_get_array_length(env, value, &list.size) != napi_ok || list.size > FloatList::kMax) {
      wrong(index, "an array of at most 4096 Float32Array");
    }
    list.env = env;
    list.elements.resize(list.size);
    for (uint32_t i = 0; i < list.size; i++) {
      if (napi_get_element(env, value, i, &list.elements[i]) != napi_ok) wrong(index, "an array of Float32Array");
    }
    return list;
  }
};

/** Nanoseconds on a clock that never goes back. */
int64_t now();

/** Time spent in kernels of this thread, and how often they were called. */
struct Clock {
  int64_t nanoseconds = 0;
  int64_t calls = 0;
};
Clock& clock();

/** Throws the current C++ exception as a JavaScript error. */
void rethrow(napi_env env, const char* name);

}  // namespace detail

inline Floats FloatList::at(uint32_t index) const {
  return detail::Convert<Floats>::from(env, elements[index], index);
}

/** The N-API callback of a C++ function; `Name` is what errors are prefixed with. */
template <auto Function, const char* Name>
struct Bound;

template <class R, class... A, R (*Function)(A...), const char* Name>
struct Bound<Function, Name> {
  static napi_value call(napi_env env, napi_callback_info info) {
    constexpr size_t count = sizeof...(A);
    size_t given = count;
    napi_value arguments[count + 1];
    napi_get_cb_info(env, info, &given, arguments, nullptr, nullptr);
    const int64_t start = detail::now();
    napi_value result = nullptr;
    try {
      result = invoke(env, arguments, std::index_sequence_for<A...>{});
    } catch (...) {
      detail::rethrow(env, Name);
    }
    detail::clock().nanoseconds += detail::now() - start;
    // What takes nothing computes nothing: it asks how things are, such as this very count.
    if constexpr (count > 0) detail::clock().calls++;
    return result;
  }

 private:
  template <size_t... I>
  static napi_value invoke(napi_env env, napi_value* arguments, std::index_sequence<I...>) {
    (void)arguments;
    std::tuple<A...> converted{detail::Convert<A>::from(env, arguments[I], I)...};
    if constexpr (std::is_void_v<R>) {
      std::apply(Function, std::move(converted));
      return nullptr;
    } else {
      napi_value result;
      if (napi_create_double(env, static_cast<double>(std::apply(Function, std::move(converted))), &result) != napi_ok) {
        throw std::runtime_error("a result could not be made");
      }
      return result;
    }
  }
};

/** A function on its way into the module's exports. */
struct Export {
  const char* name;
  napi_callback callback;
};

}  // namespace roga

/** Lists a function for export: `ROGA_EXPORTS(relu, {EXPORT(relu), EXPORT(reluGrad)})`. */
#define EXPORT(function)                                                         \
  [] {                                                                           \
    static constexpr char name[] = #function;                                    \
    return ::roga::Export{name, ::roga::Bound<&::roga::function, name>::call};   \
  }()
