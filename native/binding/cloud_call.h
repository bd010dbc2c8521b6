#pragma once

#include <napi.h>

#include <memory>

#include "binding/options.h"
#include "pointcloud/cloud_memory.h"

namespace denseam::binding {

using CloudStore = std::shared_ptr<const pointcloud::CloudMemory>;

// The common arguments of the verbs on queries: (items, queries, { firstIndex, onProgress, ... }).
struct CloudCall {
  explicit CloudCall(const Napi::CallbackInfo& info);

  Options options;
  CloudStore store;
  std::shared_ptr<pointcloud::Clouds> queries;
};

Napi::Object toClouds(Napi::Env env, pointcloud::FlatClouds&& clouds);

}  // namespace denseam::binding
