#include "binding/gaussians.h"

#include <string>
#include <utility>

#include "binding/arguments.h"
#include "binding/handles.h"

namespace denseam::binding {

using gaussian::Structure;

Structure readStructure(const Options& options) {
  const std::string name = options.text("structure");
  return name == "full" ? Structure::kFull : name == "diagonal" ? Structure::kDiagonal : Structure::kIsotropic;
}

std::size_t readDimension(const Options& options) {
  const std::size_t d = options.count("dimension");
  if (d >= std::size_t{1} << 31) {
    throw codedError(options.env(), "ERR_OUT_OF_MEMORY", "The matrices are larger than an array can be");
  }
  return d;
}

Batch readItems(const Napi::Value& given, Structure structure, std::size_t d, const Options& options) {
  const Options members(given);
  Batch items;
  items.count = members.count("count");
  items.positions = members.doubles("positions", items.count * d);
  items.covariances = members.doubles("covariances", items.count * gaussian::covarianceSize(structure, d));
  items.name = members.text("name");
  items.first = options.count("firstIndex");
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
