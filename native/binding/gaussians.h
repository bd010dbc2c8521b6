#pragma once

#include <napi.h>

#include <cstddef>
#include <memory>

#include "gaussian/basis.h"
#include "gaussian/structure.h"
#include "memory/memory.h"

// What functions on Gaussians take and return, besides what arguments.h has.
namespace denseam::binding {

gaussian::Structure readStructure(const Napi::Value& value);
// Such that d x d numbers can be counted.
std::size_t readDimension(const Napi::Value& value);
// A batch as in lib/native/addon.ts with the name that errors call it; items are counted from `firstIndex`.
Batch readItems(const Napi::Value& given, gaussian::Structure structure, std::size_t d, const Napi::Value& firstIndex);
Napi::Object toStates(Napi::Env env, Batch&& batch);

// A basis that JavaScript holds a handle of: it stays here instead of being copied for every call.
using SharedBasis = std::shared_ptr<const gaussian::Basis>;

Napi::Value toBasisHandle(Napi::Env env, SharedBasis&& basis);
SharedBasis readBasis(const Napi::Value& handle);
// The same, null for undefined.
SharedBasis readOptionalBasis(const Napi::Value& handle);

}  // namespace denseam::binding
