// Address space for the pool of tensor memory, handed to JavaScript as ArrayBuffers.
#pragma once
#include <node_api.h>

namespace roga {

/** reserveSlab(bytes) → ArrayBuffer, page-aligned; pages are taken from the system when they are first touched. */
napi_value reserveSlab(napi_env env, napi_callback_info info);

/** releasePages(buffer, offset, length): gives the whole pages of a range back; its contents are lost. */
napi_value releasePages(napi_env env, napi_callback_info info);

}  // namespace roga
