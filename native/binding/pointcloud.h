#pragma once

#include <napi.h>

#include "binding/options.h"
#include "pointcloud/cloud.h"
#include "pointcloud/solver_options.h"

namespace denseam::binding {

// Clouds in the form of NativeClouds in lib/native/pointCloud.ts.
pointcloud::Clouds readClouds(const Napi::Value& value, std::size_t dimension, std::size_t firstIndex);
pointcloud::SolverOptions readSolverOptions(const Options& options);
// A positive, finite number: checked in TypeScript already, and again here.
double readEpsilon(const Options& options);

void defineTransport(Napi::Env env, Napi::Object exports);
void defineCloudMemory(Napi::Env env, Napi::Object exports);
void defineCloudRetrieval(Napi::Env env, Napi::Object exports);

}  // namespace denseam::binding
