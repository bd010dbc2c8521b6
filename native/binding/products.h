#pragma once

#include <napi.h>

namespace denseam::binding {

// Exports the functions of NativeProducts in lib/native/products.ts.
void defineProducts(Napi::Env env, Napi::Object exports);

}  // namespace denseam::binding
