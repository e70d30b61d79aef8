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

#include "queue.h"

namespace roga {

/** A view of a typed array until the call is done; `data` is null where the argument was null or undefined. */
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

/** An array of typed arrays, for operations over lists. */
struct FloatList {
  static constexpr uint32_t kMax = 4096;
  std::vector<Floats> arrays;
  uint32_t size = 0;
  Floats at(uint32_t index) const { return arrays[index]; }
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
  static FloatList from(napi_env env, const std::vector<napi_value>& elements, size_t index) {
    FloatList list;
    list.arrays.reserve(elements.size());
    for (napi_value element : elements) list.arrays.push_back(Convert<Floats>::from(env, element, index));
    list.size = static_cast<uint32_t>(elements.size());
    return list;
  }
};

/** What is taken of an argument before any is converted. */
template <class A>
struct Taken {
  static napi_value from(napi_env, napi_value value, size_t) { return value; }
};

// To look at an element of an array may run JavaScript, which may do anything to other arrays: so the elements of all are
// taken first, and where the memory of any array is, is looked up afterwards.
template <>
struct Taken<FloatList> {
  static std::vector<napi_value> from(napi_env env, napi_value value, size_t index) {
    bool isArray = false;
    uint32_t size;
    if (napi_is_array(env, value, &isArray) != napi_ok || !isArray) wrong(index, "an array of Float32Array");
    if (napi_get_array_length(env, value, &size) != napi_ok || size > FloatList::kMax) {
      wrong(index, "an array of at most 4096 Float32Array");
    }
    std::vector<napi_value> elements(size);
    for (uint32_t i = 0; i < size; i++) {
      if (napi_get_element(env, value, i, &elements[i]) != napi_ok) wrong(index, "an array of Float32Array");
    }
    return elements;
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

/** The N-API callbacks of a C++ function; `Name` is what errors are prefixed with. */
template <auto Function, const char* Name>
struct Bound;

template <class R, class... A, R (*Function)(A...), const char* Name>
struct Bound<Function, Name> {
  /** Whether the function may be called later than its caller goes on: it computes something, and gives nothing back. */
  static constexpr bool kQueues = std::is_void_v<R> && sizeof...(A) > 0;

  /** Calls it. */
  static napi_value call(napi_env env, napi_callback_info info) {
    const int64_t start = detail::now();
    const napi_value result = counted(env, info, [](napi_env env, std::tuple<A...>&& arguments) -> napi_value {
      if constexpr (std::is_void_v<R>) {
        std::apply(Function, std::move(arguments));
        return nullptr;
      } else {
        napi_value result;
        const R value = std::apply(Function, std::move(arguments));
        napi_status status;
        if constexpr (std::is_same_v<R, bool>) status = napi_get_boolean(env, value, &result);
        else status = napi_create_double(env, static_cast<double>(value), &result);
        if (status != napi_ok) throw std::runtime_error("a result could not be made");
        return result;
      }
    });
    detail::clock().nanoseconds += detail::now() - start;
    return result;
  }

  /**
   * Puts the call in the queue of this JavaScript thread. The caller keeps the arrays, and does not touch what they hold,
   * until the queue has been waited for.
   */
  static napi_value enqueue(napi_env env, napi_callback_info info) {
    return counted(env, info, [](napi_env env, std::tuple<A...>&& arguments) -> napi_value {
      queue(env).push(Name, [arguments = std::move(arguments)]() mutable {
        std::apply(Function, std::move(arguments));
      });
      return nullptr;
    });
  }

 private:
  template <class F>
  static napi_value counted(napi_env env, napi_callback_info info, F use) {
    constexpr size_t count = sizeof...(A);
    size_t given = count;
    napi_value arguments[count + 1];
    napi_get_cb_info(env, info, &given, arguments, nullptr, nullptr);
    napi_value result = nullptr;
    try {
      result = use(env, converted(env, arguments, std::index_sequence_for<A...>{}));
    } catch (...) {
      detail::rethrow(env, Name);
    }
    // What takes nothing computes nothing: it asks how things are, such as this very count.
    if constexpr (count > 0) detail::clock().calls++;
    return result;
  }

  template <size_t... I>
  static std::tuple<A...> converted(napi_env env, napi_value* arguments, std::index_sequence<I...>) {
    (void)env, (void)arguments;
    [[maybe_unused]] auto taken = std::make_tuple(detail::Taken<A>::from(env, arguments[I], I)...);
    return std::tuple<A...>{detail::Convert<A>::from(env, std::get<I>(taken), I)...};
  }
};

/** A function on its way into the module's exports. */
struct Export {
  const char* name;
  napi_callback callback;
  /** What puts a call in the queue; null where a function cannot be called later. */
  napi_callback enqueue = nullptr;
};

}  // namespace roga

/** Lists a function for export: `const Export functions[] = {EXPORT(relu), EXPORT(reluGrad)};`. */
#define EXPORT(function)                                           \
  [] {                                                             \
    static constexpr char name[] = #function;                      \
    using Function = ::roga::Bound<&::roga::function, name>;       \
    napi_callback enqueue = nullptr;                               \
    if constexpr (Function::kQueues) enqueue = Function::enqueue;  \
    return ::roga::Export{name, Function::call, enqueue};          \
  }()
