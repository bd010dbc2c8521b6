#pragma once

#include <napi.h>

namespace denseam::binding {

void defineSphereFunctions(Napi::Env env, Napi::Object exports);

}  // namespace denseam::binding
