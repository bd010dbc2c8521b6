#pragma once

#include <napi.h>

namespace denseam::binding {

// Exports the functions of NativeMemories in lib/native/memory.ts: stores of vectors and Gaussians, and their verbs.
void defineMemory(Napi::Env env, Napi::Object exports);

}  // namespace denseam::binding
