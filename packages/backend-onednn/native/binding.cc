#include "binding.h"

#include <chrono>
#include <new>
#include <oneapi/dnnl/dnnl.hpp>

#include "scratch.h"

namespace roga::detail {

int64_t now() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

Clock& clock() {
  static thread_local Clock time;
  return time;
}

void rethrow(napi_env env, const char* name) {
  const std::string prefix = std::string(name) + ": ";
  try {
    throw;
  } catch (const ArgumentError& error) {
    napi_throw_type_error(env, nullptr, (prefix + error.what()).c_str());
  } catch (const OutOfMemory& error) {
    napi_throw_range_error(env, nullptr, (prefix + error.what()).c_str());
  } catch (const std::bad_alloc&) {
    napi_throw_range_error(env, nullptr, (prefix + "out of memory").c_str());
  } catch (const dnnl::error& error) {
    if (error.status == dnnl_out_of_memory) {
      napi_throw_range_error(env, nullptr, (prefix + "out of memory").c_str());
    } else {
      napi_throw_error(env, nullptr, (prefix + "oneDNN: " + error.message).c_str());
    }
  } catch (const std::exception& error) {
    napi_throw_error(env, nullptr, (prefix + error.what()).c_str());
  } catch (...) {
    napi_throw_error(env, nullptr, (prefix + "unknown failure").c_str());
  }
}

}  // namespace roga::detail
