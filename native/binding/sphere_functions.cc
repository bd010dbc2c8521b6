#include "binding/sphere_functions.h"

#include "binding/arguments.h"
#include "sphere/normalizer.h"

namespace denseam::binding {
namespace {

// (dimension, kappa)
Napi::Value logNormalizer(const Napi::CallbackInfo& info) {
  const auto [value, derivative] = sphere::logNormalizer(readCount(info[0], "dimension"), info[1].ToNumber());
  Napi::Object result = Napi::Object::New(info.Env());
  result.Set("value", value);
  result.Set("derivative", derivative);
  return result;
}

// (dimension)
Napi::Value logSphereArea(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), sphere::logSurface(readCount(info[0], "dimension")));
}

}  // namespace

void defineSphereFunctions(Napi::Env env, Napi::Object exports) {
  exports.Set("vonMisesFisherLogNormalizer", Napi::Function::New<logNormalizer>(env));
  exports.Set("logSphereArea", Napi::Function::New<logSphereArea>(env));
}

}  // namespace denseam::binding
