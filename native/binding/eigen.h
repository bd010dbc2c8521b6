#pragma once

#include <napi.h>

namespace denseam::binding {

// Exports the functions of NativeEigen in lib/native/addon.ts.
void defineEigen(Napi::Env env, Napi::Object exports);

}  // namespace denseam::binding
