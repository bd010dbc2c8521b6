#pragma once

#include <napi.h>

namespace denseam::binding {

// Exports the class behind every memory of lib/: one binding for all, since all have the same verbs.
void defineMemory(Napi::Env env, Napi::Object exports);

}  // namespace denseam::binding
