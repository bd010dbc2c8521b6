#pragma once

#include <napi.h>

namespace denseam::binding {

// Exports the functions of NativeBases in lib/native/gaussian.ts.
void defineBasis(Napi::Env env, Napi::Object exports);

}  // namespace denseam::binding
