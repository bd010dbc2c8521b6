#pragma once

#include <napi.h>

#include "base/marginal_matrix.h"

// Matrices that are too large for one copy: they come part by part, and stay here until a call takes them.
namespace denseam::binding {

// Takes ownership of a matrix whose numbers are complete: nobody else can use it then.
MarginalMatrix takeMarginalMatrix(const Napi::Value& handle);

void defineMarginalMatrix(Napi::Env env, Napi::Object exports);

}  // namespace denseam::binding
