#include "binding/handles.h"

#include <cstdint>

namespace denseam::binding {
namespace {

// The type tag of this addon's externals. Its second half is an address, so that another copy of the addon in the
// process has another tag.
const napi_type_tag& handleTag() {
  static const char place = 0;
  static const napi_type_tag tag{0x64656e7365616d21, reinterpret_cast<std::uintptr_t>(&place)};
  return tag;
}

Handle& readAnyHandle(const Napi::Value& value) {
  Handle* handle = readHandle(value);
  if (handle == nullptr) {
    throw codedError(value.Env(), Error("ERR_SHAPE", {.argument = "the handle",
                                                      .expected = "a handle of this addon",
                                                      .received = "something else"}));
  }
  return *handle;
}

// (handle)
void release(const Napi::CallbackInfo& info) { releaseHandle(info.Env(), readAnyHandle(info[0])); }

// (handle): a second handle of the same object, which stays alive until both are released. V8 knows its size already.
Napi::Value share(const Napi::CallbackInfo& info) {
  const Handle& handle = readAnyHandle(info[0]);
  if (!handle.object) throw codedError(info.Env(), "ERR_CLOSED", "The handle is closed");
  auto shared = std::make_unique<Handle>(Handle{handle.object, handle.type, {}});
  return wrap(info.Env(), std::move(shared));
}

// (handle, successor, bytes): replaces the handle by its successor, which keeps so much memory.
void succeed(const Napi::CallbackInfo& info) {
  Handle& handle = readAnyHandle(info[0]);
  Handle& successor = readAnyHandle(info[1]);
  const std::size_t bytes = readCount(info[2], "bytes");
  handle.object.reset();
  successor.kept.takeOver(handle.kept);
  if (successor.object) successor.kept.tell(info.Env(), bytes);
}

}  // namespace

Handle* readHandle(const Napi::Value& value) {
  if (!value.IsExternal()) return nullptr;
  const auto external = value.As<Napi::External<Handle>>();
  return external.CheckTypeTag(&handleTag()) ? external.Data() : nullptr;
}

Napi::Value wrap(Napi::Env env, std::unique_ptr<Handle> handle) {
  const auto external = Napi::External<Handle>::New(env, handle.get(), [](Napi::Env closing, Handle* owned) {
    releaseHandle(closing, *owned);
    delete owned;
  });
  handle.release();
  external.TypeTag(&handleTag());
  return external;
}

void releaseHandle(Napi::BasicEnv env, Handle& handle) {
  handle.object.reset();
  handle.kept.tell(env, 0);
}

void defineHandles(Napi::Env env, Napi::Object exports) {
  exports.Set("release", Napi::Function::New<release>(env));
  exports.Set("share", Napi::Function::New<share>(env));
  exports.Set("succeed", Napi::Function::New<succeed>(env));
}

}  // namespace denseam::binding
