#pragma once

#include <napi.h>

#include <cstddef>
#include <memory>

#include "binding/options.h"
#include "gaussian/basis.h"
#include "gaussian/structure.h"
#include "memory/memory.h"

// Arguments and results of functions on Gaussians, besides those of arguments.h.
namespace denseam::binding {

gaussian::Structure readStructure(const Options& options);
// A dimension whose d x d numbers can be counted.
std::size_t readDimension(const Options& options);
// A batch of NativeNamedBatch in lib/native/memory.ts; its items are counted from the option `firstIndex`.
Batch readItems(const Napi::Value& given, gaussian::Structure structure, std::size_t d, const Options& options);
Napi::Object toStates(Napi::Env env, Batch&& batch);

// A basis by its handle: it stays here instead of being copied for every call.
using SharedBasis = std::shared_ptr<const gaussian::Basis>;

Napi::Value toBasisHandle(Napi::Env env, SharedBasis&& basis);
SharedBasis readBasis(const Napi::Value& handle);
// Reads a basis; null for undefined.
SharedBasis readOptionalBasis(const Napi::Value& handle);

}  // namespace denseam::binding
