#include "binding/sphere_functions.h"

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "binding/arguments.h"
#include "binding/columns.h"
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
std::shared_ptr<TeacherSource> readSource(const Options& given) {
  auto source = std::make_shared<TeacherSource>();
  const std::size_t count = given.count("memoryCount");
  source->dimension = given.count("dimension");
  source->classes = given.count("classes");
  if (source->dimension < 2 || source->classes < 1) {
    throw codedError(given.env(), "ERR_RANGE", "Expected a dimension of at least 2 and at least one class");
  }
  checkProduct(given.env(), count, source->dimension);
  checkProduct(given.env(), count + 1, source->classes);
  source->kappa = given.number("kappa");
  source->memories = given.doubles("memories", count * source->dimension);
  source->weights = given.doubles("weights", (count + 1) * source->classes);
  source->memoriesName = given.text("memoriesName");
  source->singleMemory = given.flag("singleMemory");
  source->weightsName = given.text("weightsName");
  return source;
}

// (source)
Napi::Value makeTeacher(const Napi::CallbackInfo& info) {
  const auto source = readSource(Options(info[0]));
  return launch<SharedTeacher>(
      info.Env(), [=](Job&) { return std::make_shared<const Teacher>(sphere::makeTeacher(std::move(*source))); },
      [](Napi::Env env, SharedTeacher&& teacher) {
        const std::size_t bytes = bytesOf(teacher->memories) + bytesOf(teacher->cumulative);
        return toHandle(env, std::move(teacher), bytes);
      });
}

Purpose readPurpose(const Options& options) {
  const std::string name = options.text("purpose");
  if (name == "uniform") return Purpose::kUniform;
  return name == "vonMisesFisher" ? Purpose::kVonMisesFisher : Purpose::kTeacher;
}

constexpr Column<TeacherSample> kSample[] = {
    {"values", &TeacherSample::values}, {"labels", &TeacherSample::labels}, {"hidden", &TeacherSample::hidden}};

// (teacher, { purpose, first, count, seed, onProgress })
Napi::Value sampleTeacher(const Napi::CallbackInfo& info) {
  const SharedTeacher teacher = fromHandle<const Teacher>(info[0], "a teacher");
  const Options options(info[1]);
  const Purpose purpose = readPurpose(options);
  const std::size_t first = options.count("first");
  const std::size_t count = options.count("count");
  checkProduct(info.Env(), count, teacher->dimension);
  const std::uint64_t seed = options.seed("seed");
  return launch<TeacherSample>(
      options, [=](Job& job) { return sphere::sample(*teacher, purpose, first, count, seed, job); },
      toColumns(kSample));
}

}  // namespace

void defineSphereFunctions(Napi::Env env, Napi::Object exports) {
  exports.Set("vonMisesFisherLogNormalizer", Napi::Function::New<logNormalizer>(env));
  exports.Set("logSphereArea", Napi::Function::New<logSphereArea>(env));
  exports.Set("makeSphereTeacher", Napi::Function::New<makeTeacher>(env));
  exports.Set("sampleSphereTeacher", Napi::Function::New<sampleTeacher>(env));
}

}  // namespace denseam::binding
