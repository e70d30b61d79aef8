// What the addon says about itself, so that the JavaScript side can refuse one that it does not fit.
#pragma once
#include <node_api.h>

#include <string>

namespace roga {

/**
 * The number of the interface between JavaScript and the addon: raised with every change of an exported function, here
 * and in src/addon.ts.
 */
constexpr int kInterface = 6;

/** Sets `interface`, `level` (what it was compiled for), `oneDNN` (its version) and `isa` (what oneDNN uses here). */
void describe(napi_env env, napi_value exports);

}  // namespace roga
