#pragma once

#include <napi.h>

#include <condition_variable>
#include <functional>
#include <mutex>
#include <unordered_set>

#include "parallel/job.h"

namespace denseam::binding {

// The addon's data for one Node environment (the main thread, or a worker thread): its running calls, and a channel
// from pool threads to its event loop.
class Environment {
 public:
  using Message = std::function<void(Napi::Env)>;

  static Environment& of(Napi::Env env);

  // On the event loop, which stays alive from `begin` to `end` of every call.
  void begin(Napi::Env env, Job* job);
  void end(Napi::Env env);
  // On the event loop, within a call: the call continues on the pool.
  void goOn(Job* job);
  // On a pool thread: runs the message on the event loop, unless the environment is closing.
  void post(Message message);
  // On a pool thread, after the call's last message.
  void finished(Job* job);
  // Aborts every call and waits until all have finished: at most one step of a kernel.
  void stop();

 private:
  explicit Environment(Napi::Env env);
  static void callMessage(napi_env env, napi_value function, void* context, void* data);

  napi_threadsafe_function loop_ = nullptr;
  std::size_t pending_ = 0;  // calls whose promise is not settled; event loop only
  std::mutex mutex_;
  std::condition_variable idle_;
  std::unordered_set<Job*> running_;
};

}  // namespace denseam::binding
