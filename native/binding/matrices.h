#pragma once

#include <napi.h>

#include "base/marginal_matrix.h"

// Matrices that are too large to be copied at once come part by part, and stay here until a call takes them.
namespace denseam::binding {

// Once all numbers are there. The call takes them over: nobody else can use the matrix then.
MarginalMatrix takeMarginalMatrix(const Napi::Value& handle);

void defineMarginalMatrix(Napi::Env env, Napi::Object exports);

}  // namespace denseam::binding
