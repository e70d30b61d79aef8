#include "version.h"

#include <oneapi/dnnl/dnnl_debug.h>

#include <oneapi/dnnl/dnnl.hpp>
#include <stdexcept>

#ifndef ROGA_LEVEL
#define ROGA_LEVEL "unknown"
#endif

namespace roga {

static void set(napi_env env, napi_value object, const char* name, napi_value value) {
  if (napi_set_named_property(env, object, name, value) != napi_ok) throw std::runtime_error(name);
}

static void set(napi_env env, napi_value object, const char* name, const std::string& text) {
  napi_value value;
  if (napi_create_string_utf8(env, text.c_str(), text.size(), &value) != napi_ok) throw std::runtime_error(name);
  set(env, object, name, value);
}

void describe(napi_env env, napi_value exports) {
  const dnnl_version_t* version = dnnl_version();
  napi_value number;
  if (napi_create_int32(env, kInterface, &number) != napi_ok) throw std::runtime_error("interface");
  set(env, exports, "interface", number);
  set(env, exports, "level", ROGA_LEVEL);
  set(env, exports, "oneDNN",
      std::to_string(version->major) + "." + std::to_string(version->minor) + "." + std::to_string(version->patch));
  const std::string isa = dnnl_cpu_isa2str(dnnl_get_effective_cpu_isa());
  set(env, exports, "isa", isa.rfind("cpu_isa_", 0) == 0 ? isa.substr(8) : isa);
}

}  // namespace roga
