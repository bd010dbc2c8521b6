#include "binding/handles.h"

namespace denseam::binding {
namespace {

Handle& readHandle(const Napi::Value& value) {
  if (!value.IsExternal()) throw codedError(value.Env(), "ERR_SHAPE", "Expected a handle");
  return *value.As<Napi::External<Handle>>().Data();
}

// (handle)
void release(const Napi::CallbackInfo& info) { releaseHandle(info.Env(), readHandle(info[0])); }

// (handle): another one of the same object, which stays alive until both are released. V8 has been told of it already.
Napi::Value share(const Napi::CallbackInfo& info) {
  const Handle& handle = readHandle(info[0]);
  if (!handle.object) throw codedError(info.Env(), "ERR_CLOSED", "The handle is closed");
  auto shared = std::make_unique<Handle>(Handle{handle.object, handle.type, {}});
  return wrap(info.Env(), std::move(shared));
}

// (handle, bytes): how much memory the handle keeps.
void tell(const Napi::CallbackInfo& info) {
  Handle& handle = readHandle(info[0]);
  if (handle.object) handle.kept.tell(info.Env(), readCount(info[1], "bytes"));
}

}  // namespace

Napi::Value wrap(Napi::Env env, std::unique_ptr<Handle> handle) {
  const auto external = Napi::External<Handle>::New(env, handle.get(), [](Napi::Env closing, Handle* owned) {
    releaseHandle(closing, *owned);
    delete owned;
  });
  handle.release();
  return external;
}

void releaseHandle(Napi::BasicEnv env, Handle& handle) {
  handle.object.reset();
  handle.kept.tell(env, 0);
}

void defineHandles(Napi::Env env, Napi::Object exports) {
  exports.Set("release", Napi::Function::New<release>(env));
  exports.Set("tell", Napi::Function::New<tell>(env));
  exports.Set("share", Napi::Function::New<share>(env));
}

}  // namespace denseam::binding
