#pragma once

#include <napi.h>

#include <memory>
#include <string>
#include <utility>

#include "binding/arguments.h"

namespace denseam::binding {

// What JavaScript holds of a native object: opaque, and alive as long as somebody there holds it or a call works on it.
template <typename T>
Napi::Value toHandle(Napi::Env env, std::shared_ptr<T> object) {
  auto owner = std::make_unique<std::shared_ptr<T>>(std::move(object));
  const auto handle = Napi::External<std::shared_ptr<T>>::New(
      env, owner.get(), [](Napi::Env, std::shared_ptr<T>* owned) { delete owned; });
  owner.release();
  return handle;
}

// `what` is what errors call the object. lib/native.ts, the only caller, has a type for each kind of handle.
template <typename T>
std::shared_ptr<T> fromHandle(const Napi::Value& handle, const char* what) {
  if (!handle.IsExternal()) {
    throw codedError(handle.Env(), "ERR_SHAPE", std::string("Expected the handle of ") + what);
  }
  return *handle.As<Napi::External<std::shared_ptr<T>>>().Data();
}

}  // namespace denseam::binding
