#pragma once

#include <napi.h>

#include <cstddef>
#include <memory>
#include <string>
#include <type_traits>
#include <typeinfo>
#include <utility>

#include "binding/arguments.h"
#include "binding/kept_memory.h"

namespace denseam::binding {

// A native object as JavaScript holds it: opaque, and alive until JavaScript releases or collects it, and as long as a
// call works on it.
struct Handle {
  std::shared_ptr<void> object;  // null once it was released
  const std::type_info* type;
  KeptMemory kept;
};

// Releases the object; its memory is free when no call works on it any more.
void releaseHandle(Napi::BasicEnv env, Handle& handle);

// Hands a handle over to JavaScript.
Napi::Value wrap(Napi::Env env, std::unique_ptr<Handle> handle);

// A handle that keeps `bytes` of memory alive.
template <typename T>
Napi::Value toHandle(Napi::Env env, std::shared_ptr<T> object, std::size_t bytes) {
  using Object = std::remove_const_t<T>;
  auto handle = std::make_unique<Handle>(Handle{std::const_pointer_cast<Object>(std::move(object)), &typeid(T), {}});
  handle->kept.tell(env, bytes);
  return wrap(env, std::move(handle));
}

// The handle, or null for an external of another addon: that may hold anything.
Handle* readHandle(const Napi::Value& value);

// `what` is the object's name in errors.
template <typename T>
std::shared_ptr<T> fromHandle(const Napi::Value& value, const char* what) {
  const Handle* handle = readHandle(value);
  if (handle == nullptr || *handle->type != typeid(T)) {
    throw codedError(value.Env(),
                     Error("ERR_SHAPE", {.argument = what, .expected = "its handle", .received = "something else"}));
  }
  if (!handle->object) throw codedError(value.Env(), "ERR_CLOSED", std::string("The handle of ") + what + " is closed");
  return std::static_pointer_cast<T>(handle->object);
}

// Exports the functions on all handles: `release`, `share` and `succeed`.
void defineHandles(Napi::Env env, Napi::Object exports);

}  // namespace denseam::binding
