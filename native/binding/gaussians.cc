#include "binding/gaussians.h"

#include <string>
#include <utility>

#include "binding/arguments.h"
#include "binding/handles.h"

namespace denseam::binding {

using gaussian::Structure;

Structure readStructure(const Napi::Value& value) {
  const std::string name = value.ToString();
  return name == "full" ? Structure::kFull : name == "diagonal" ? Structure::kDiagonal : Structure::kIsotropic;
}

std::size_t readDimension(const Napi::Value& value) {
  const std::size_t d = readCount(value, "dimension");
  if (d >= std::size_t{1} << 31) {
    throw codedError(value.Env(), "ERR_OUT_OF_MEMORY", "The matrices are larger than an array can be");
  }
  return d;
}

Batch readItems(const Napi::Value& given, Structure structure, std::size_t d, const Napi::Value& firstIndex) {
  const Napi::Object object = given.ToObject();
  Batch items;
  items.count = readCount(object.Get("count"), "count");
  items.positions = readDoubles(object.Get("positions"), "positions", items.count * d);
  items.covariances =
      readDoubles(object.Get("covariances"), "covariances", items.count * gaussian::covarianceSize(structure, d));
  items.name = object.Get("name").ToString();
  items.first = readCount(firstIndex, "firstIndex");
  return items;
}

Napi::Object toStates(Napi::Env env, Batch&& batch) {
  Napi::Object states = Napi::Object::New(env);
  states.Set("count", static_cast<double>(batch.count));
  const bool hasCovariances = !batch.covariances.empty();
  states.Set("positions", toFloat64Array(env, std::move(batch.positions)));
  states.Set("covariances", hasCovariances ? toFloat64Array(env, std::move(batch.covariances)) : env.Undefined());
  return states;
}

Napi::Value toBasisHandle(Napi::Env env, SharedBasis&& basis) {
  const std::size_t bytes = bytesOf(basis->rowMajor) + bytesOf(basis->columnMajor);
  return toHandle(env, std::move(basis), bytes);
}

SharedBasis readBasis(const Napi::Value& handle) { return fromHandle<const gaussian::Basis>(handle, "a basis"); }

SharedBasis readOptionalBasis(const Napi::Value& handle) {
  return handle.IsUndefined() ? SharedBasis{} : readBasis(handle);
}

}  // namespace denseam::binding
