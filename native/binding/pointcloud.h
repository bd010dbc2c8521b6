#pragma once

#include <napi.h>

#include "binding/options.h"
#include "pointcloud/cloud.h"
#include "pointcloud/solver_options.h"

namespace denseam::binding {

// Clouds as NativeClouds of lib/native/pointCloud.ts has them.
pointcloud::Clouds readClouds(const Napi::Value& value, std::size_t dimension, std::size_t firstIndex);
pointcloud::SolverOptions readSolverOptions(const Options& options);
// Positive and finite: checked in TypeScript already, and never to be relied on here.
double readEpsilon(const Options& options);

void defineTransport(Napi::Env env, Napi::Object exports);
void defineCloudMemory(Napi::Env env, Napi::Object exports);
void defineCloudRetrieval(Napi::Env env, Napi::Object exports);

}  // namespace denseam::binding
