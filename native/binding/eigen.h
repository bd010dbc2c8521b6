#pragma once

#include <napi.h>

namespace denseam::binding {

// Exports the functions of NativeLanes in lib/native/lanes.ts.
void defineEigen(Napi::Env env, Napi::Object exports);

}  // namespace denseam::binding
