#pragma once

#include <napi.h>

namespace denseam::binding {

void defineSpherePreparation(Napi::Env env, Napi::Object exports);

}  // namespace denseam::binding
