#include <napi.h>

#include "binding/arguments.h"
#include "binding/basis.h"
#include "binding/eigen.h"
#include "binding/handles.h"
#include "binding/kept_memory.h"
#include "binding/matrices.h"
#include "binding/memory_object.h"
#include "binding/pointcloud.h"
#include "binding/promise_worker.h"
#include "binding/sampling.h"
#include "binding/sphere.h"
#include "binding/sphere_functions.h"
#include "binding/sphere_preparation.h"
#include "linalg/linalg.h"
#include "parallel/pool.h"

namespace denseam::binding {
namespace {

Napi::Value threads(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), static_cast<double>(parallel::threads()));
}

void setThreads(const Napi::CallbackInfo& info) { parallel::setThreads(readCount(info[0], "count")); }

void stop(const Napi::CallbackInfo& info) { stopAll(info.Env()); }

Napi::Value blas(const Napi::CallbackInfo& info) { return Napi::String::New(info.Env(), linalg::blasName()); }

Napi::Object initialize(Napi::Env env, Napi::Object exports) {
  linalg::useOneThread();
  exports.Set("threads", Napi::Function::New<threads>(env));
  exports.Set("setThreads", Napi::Function::New<setThreads>(env));
  exports.Set("stop", Napi::Function::New<stop>(env));
  exports.Set("blas", Napi::Function::New<blas>(env));
  defineKeptMemory(env, exports);
  defineHandles(env, exports);
  defineMemory(env, exports);
  defineSampling(env, exports);
  defineBasis(env, exports);
  defineEigen(env, exports);
  defineSphereRows(env, exports);
  defineSphereTraining(env, exports);
  defineSphereModel(env, exports);
  defineSphereReconstruction(env, exports);
  defineSphereScaling(env, exports);
  defineSphereTheory(env, exports);
  defineSphereFunctions(env, exports);
  defineSpherePreparation(env, exports);
  defineMarginalMatrix(env, exports);
  defineTransport(env, exports);
  defineCloudMemory(env, exports);
  return exports;
}

}  // namespace

NODE_API_MODULE(denseam, initialize)

}  // namespace denseam::binding
