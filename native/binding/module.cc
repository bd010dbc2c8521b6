#include <napi.h>

#include <string>

#include "binding/arguments.h"
#include "binding/basis.h"
#include "binding/eigen.h"
#include "binding/handles.h"
#include "binding/kept_memory.h"
#include "binding/matrices.h"
#include "binding/memory.h"
#include "binding/pointcloud.h"
#include "binding/products.h"
#include "binding/promise_worker.h"
#include "binding/sampling.h"
#include "binding/sphere.h"
#include "binding/sphere_functions.h"
#include "binding/sphere_preparation.h"
#include "linalg/linalg.h"
#include "parallel/pool.h"
#include "parallel/processors.h"
#ifdef DENSEAM_SANITIZE
#include "faults.h"
#endif

namespace denseam::binding {
namespace {

Napi::Value threads(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), static_cast<double>(parallel::threads()));
}

// Checked in TypeScript already, and again here: one thread too many corrupts the memory of BLAS.
std::size_t readThreads(const Napi::CallbackInfo& info) {
  const std::size_t count = readCount(info[0], "count");
  if (count >= 1 && count <= linalg::mostBlasThreads()) return count;
  throw codedError(info.Env(), "ERR_RANGE",
                   "Expected 1 to " + std::to_string(linalg::mostBlasThreads()) + " threads for count");
}

void setThreads(const Napi::CallbackInfo& info) { parallel::setThreads(readThreads(info)); }

void setDefaultThreads(const Napi::CallbackInfo& info) { parallel::setDefaultThreads(readThreads(info)); }

Napi::Value mostThreads(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), static_cast<double>(linalg::mostBlasThreads()));
}

Napi::Value processors(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), static_cast<double>(parallel::processors()));
}

void stop(const Napi::CallbackInfo& info) { stopAll(info.Env()); }

Napi::Value blas(const Napi::CallbackInfo& info) { return Napi::String::New(info.Env(), linalg::blasName()); }

#ifdef DENSEAM_SANITIZE
// (name)
void fault(const Napi::CallbackInfo& info) { commitFault(info[0].As<Napi::String>()); }
#endif

Napi::Object initialize(Napi::Env env, Napi::Object exports) {
  linalg::useOneThread();
  exports.Set("threads", Napi::Function::New<threads>(env));
  exports.Set("setThreads", Napi::Function::New<setThreads>(env));
  exports.Set("setDefaultThreads", Napi::Function::New<setDefaultThreads>(env));
  exports.Set("mostThreads", Napi::Function::New<mostThreads>(env));
  exports.Set("processors", Napi::Function::New<processors>(env));
  exports.Set("stop", Napi::Function::New<stop>(env));
  exports.Set("blas", Napi::Function::New<blas>(env));
  defineKeptMemory(env, exports);
  defineHandles(env, exports);
  defineMemory(env, exports);
  defineSampling(env, exports);
  defineBasis(env, exports);
  defineEigen(env, exports);
  defineProducts(env, exports);
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
  defineCloudRetrieval(env, exports);
#ifdef DENSEAM_SANITIZE
  exports.Set("fault", Napi::Function::New<fault>(env));
#endif
  return exports;
}

}  // namespace

NODE_API_MODULE(denseam, initialize)

}  // namespace denseam::binding
