#include "binding/environment.h"

#include <memory>
#include <utility>

namespace denseam::binding {

Environment& Environment::of(Napi::Env env) {
  auto* environment = env.GetInstanceData<Environment>();
  if (environment == nullptr) {
    environment = new Environment(env);
    env.SetInstanceData(environment);
    // Added after the thread-safe function's own hook, so it runs first: every message finds the function alive.
    env.AddCleanupHook([](Environment* closing) { closing->stop(); }, environment);
  }
  return *environment;
}

Environment::Environment(Napi::Env env) {
  const napi_status status = napi_create_threadsafe_function(env, nullptr, nullptr, Napi::String::New(env, "denseam"),
                                                             0, 1, nullptr, nullptr, this, callMessage, &loop_);
  NAPI_THROW_IF_FAILED_VOID(env, status);
  napi_unref_threadsafe_function(env, loop_);
}

void Environment::callMessage(napi_env env, napi_value, void*, void* data) {
  const std::unique_ptr<Message> message(static_cast<Message*>(data));
  if (env == nullptr) return;  // closing: the message goes nowhere
  try {
    (*message)(Napi::Env(env));
  } catch (const Napi::Error& error) {
    error.ThrowAsJavaScriptException();
  }
}

void Environment::begin(Napi::Env env, Job* job) {
  if (pending_++ == 0) napi_ref_threadsafe_function(env, loop_);
  goOn(job);
}

void Environment::goOn(Job* job) {
  const std::lock_guard lock(mutex_);
  running_.insert(job);
}

void Environment::end(Napi::Env env) {
  if (--pending_ == 0) napi_unref_threadsafe_function(env, loop_);
}

void Environment::post(Message message) {
  auto data = std::make_unique<Message>(std::move(message));
  if (napi_call_threadsafe_function(loop_, data.get(), napi_tsfn_nonblocking) == napi_ok) data.release();
}

void Environment::finished(Job* job) {
  const std::lock_guard lock(mutex_);
  running_.erase(job);
  if (running_.empty()) idle_.notify_all();
}

void Environment::stop() {
  std::unique_lock lock(mutex_);
  for (Job* job : running_) job->abort();
  idle_.wait(lock, [&] { return running_.empty(); });
}

}  // namespace denseam::binding
