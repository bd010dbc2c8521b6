#include "binding/sphere_functions.h"

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "binding/arguments.h"
#include "binding/handles.h"
#include "binding/promise_worker.h"
#include "sphere/normalizer.h"
#include "sphere/sampling.h"

namespace denseam::binding {
namespace {

using sphere::Teacher;
using sphere::TeacherSample;
using sphere::TeacherSource;
using SharedTeacher = std::shared_ptr<const Teacher>;

// (dimension, kappa)
Napi::Value logNormalizer(const Napi::CallbackInfo& info) {
  const auto [value, derivative, deficit] = sphere::logNormalizer(readCount(info[0], "dimension"), info[1].ToNumber());
  Napi::Object result = Napi::Object::New(info.Env());
  result.Set("value", value);
  result.Set("derivative", derivative);
  result.Set("deficit", deficit);
  return result;
}

// (dimension)
Napi::Value logSphereArea(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), sphere::logSurface(readCount(info[0], "dimension")));
}

// { dimension, classes, kappa, memoryCount, memories, memoriesName, singleMemory, weights, weightsName }
std::shared_ptr<TeacherSource> readSource(const Napi::Object& given) {
  auto source = std::make_shared<TeacherSource>();
  const std::size_t count = readCount(given.Get("memoryCount"), "memoryCount");
  source->dimension = readCount(given.Get("dimension"), "dimension");
  source->classes = readCount(given.Get("classes"), "classes");
  if (source->dimension < 2 || source->classes < 1) {
    throw codedError(given.Env(), "ERR_RANGE", "Expected a dimension of at least 2 and at least one class");
  }
  checkProduct(given.Env(), count, source->dimension);
  checkProduct(given.Env(), count + 1, source->classes);
  source->kappa = given.Get("kappa").ToNumber();
  source->memories = readDoubles(given.Get("memories"), "memories", count * source->dimension);
  source->weights = readDoubles(given.Get("weights"), "weights", (count + 1) * source->classes);
  source->memoriesName = given.Get("memoriesName").ToString();
  source->singleMemory = given.Get("singleMemory").ToBoolean();
  source->weightsName = given.Get("weightsName").ToString();
  return source;
}

// (source)
Napi::Value makeTeacher(const Napi::CallbackInfo& info) {
  const auto source = readSource(info[0].ToObject());
  return launch<SharedTeacher>(
      info.Env(), info.Env().Undefined(),
      [=](Job&) { return std::make_shared<const Teacher>(sphere::makeTeacher(std::move(*source))); },
      [](Napi::Env env, SharedTeacher&& teacher) {
        const std::size_t bytes = bytesOf(teacher->memories) + bytesOf(teacher->cumulative);
        return toHandle(env, std::move(teacher), bytes);
      });
}

Purpose readPurpose(const Napi::Value& value) {
  const std::string name = value.ToString();
  if (name == "uniform") return Purpose::kUniform;
  return name == "vonMisesFisher" ? Purpose::kVonMisesFisher : Purpose::kTeacher;
}

// (handle of the teacher, purpose, first, count, seed, onProgress)
Napi::Value sampleTeacher(const Napi::CallbackInfo& info) {
  const SharedTeacher teacher = fromHandle<const Teacher>(info[0], "a teacher");
  const Purpose purpose = readPurpose(info[1]);
  const std::size_t first = readCount(info[2], "first");
  const std::size_t count = readCount(info[3], "count");
  checkProduct(info.Env(), count, teacher->dimension);
  const std::uint64_t seed = readSeed(info[4]);
  return launch<TeacherSample>(
      info.Env(), info[5], [=](Job& job) { return sphere::sample(*teacher, purpose, first, count, seed, job); },
      [](Napi::Env env, TeacherSample&& sample) -> Napi::Value {
        Napi::Object result = Napi::Object::New(env);
        result.Set("values", toFloat64Array(env, std::move(sample.values)));
        result.Set("labels", toInt32Array(env, std::move(sample.labels)));
        result.Set("hidden", toInt32Array(env, std::move(sample.hidden)));
        return result;
      });
}

}  // namespace

void defineSphereFunctions(Napi::Env env, Napi::Object exports) {
  exports.Set("vonMisesFisherLogNormalizer", Napi::Function::New<logNormalizer>(env));
  exports.Set("logSphereArea", Napi::Function::New<logSphereArea>(env));
  exports.Set("makeSphereTeacher", Napi::Function::New<makeTeacher>(env));
  exports.Set("sampleSphereTeacher", Napi::Function::New<sampleTeacher>(env));
}

}  // namespace denseam::binding
