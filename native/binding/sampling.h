#pragma once

#include <napi.h>

namespace denseam::binding {

// Exports the functions of NativeSampling in lib/native/gaussian.ts.
void defineSampling(Napi::Env env, Napi::Object exports);

}  // namespace denseam::binding
