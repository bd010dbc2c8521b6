#pragma once

#include <napi.h>

#include <memory>

#include "binding/arguments.h"
#include "sphere/model.h"
#include "sphere/rows.h"

namespace denseam::binding {

// Export the functions of NativeSphere in lib/native/addon.ts.
void defineSphereRows(Napi::Env env, Napi::Object exports);
void defineSphereTraining(Napi::Env env, Napi::Object exports);
void defineSphereModel(Napi::Env env, Napi::Object exports);
void defineSphereReconstruction(Napi::Env env, Napi::Object exports);
void defineSphereScaling(Napi::Env env, Napi::Object exports);
void defineSphereTheory(Napi::Env env, Napi::Object exports);

using SharedRows = std::shared_ptr<sphere::AnyRows>;
SharedRows readRows(const Napi::Value& handle);

using SharedModel = std::shared_ptr<const sphere::AnyModel>;
SharedModel readModel(const Napi::Value& handle);

template <typename T>
constexpr Precision kPrecisionOf = sizeof(T) == sizeof(float) ? Precision::kFloat32 : Precision::kFloat64;

}  // namespace denseam::binding
