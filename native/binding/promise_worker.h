#pragma once

#include <napi.h>

#include <exception>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "binding/handover.h"
#include "binding/options.h"
#include "parallel/job.h"

// Runs a kernel on the process's pool and settles a promise with the result. The libuv pool is not used: a long call
// would block a quarter of it, and Node cannot end a worker thread while its libuv work runs.
namespace denseam::binding {

// Stops every call of the environment and waits until none runs.
void stopAll(Napi::Env env);

class PromiseWorker {
 public:
  virtual ~PromiseWorker() = default;
  PromiseWorker(const PromiseWorker&) = delete;
  PromiseWorker& operator=(const PromiseWorker&) = delete;

  // Starts the worker; returns { promise, abort }.
  static Napi::Value start(std::unique_ptr<PromiseWorker> worker);

 protected:
  PromiseWorker(Napi::Env env, const Napi::Value& onProgress);

  // Runs on the pool; no JavaScript here.
  virtual void run(Job& job) = 0;
  // Runs on the event loop afterwards.
  virtual Napi::Value result(Napi::Env env) = 0;

 private:
  struct Reports;

  static void settle(Napi::Env env, const std::shared_ptr<PromiseWorker>& worker);
  Napi::Value convert(Napi::Env env);
  void finish(Napi::Env env, const Napi::Value& value);
  Napi::Error toError(Napi::Env env) const;

  Napi::Promise::Deferred deferred_;
  std::shared_ptr<Reports> reports_;
  std::shared_ptr<Job> job_;
  std::exception_ptr failure_;
  // The promise's value, kept from the collector while its arrays are filled.
  Napi::ObjectReference value_;
  Handover handover_;
};

// A worker made of two functions: one computes a Result, one turns it into a JavaScript value.
template <typename Result>
class FunctionWorker : public PromiseWorker {
 public:
  using Compute = std::function<Result(Job&)>;
  using Convert = std::function<Napi::Value(Napi::Env, Result&&)>;

  FunctionWorker(Napi::Env env, const Napi::Value& onProgress, Compute compute, Convert convert)
      : PromiseWorker(env, onProgress), compute_(std::move(compute)), convert_(std::move(convert)) {}

 private:
  void run(Job& job) override { result_ = compute_(job); }
  Napi::Value result(Napi::Env env) override { return convert_(env, std::move(result_)); }

  Compute compute_;
  Convert convert_;
  Result result_{};
};

// Runs a verb that takes `onProgress` among its options.
template <typename Result, typename Convert>
Napi::Value launch(const Options& options, std::function<Result(Job&)> compute, Convert convert) {
  return PromiseWorker::start(std::make_unique<FunctionWorker<Result>>(options.env(), options["onProgress"],
                                                                       std::move(compute), std::move(convert)));
}

// Runs a verb that reports no progress.
template <typename Result, typename Convert>
Napi::Value launch(Napi::Env env, std::function<Result(Job&)> compute, Convert convert) {
  return PromiseWorker::start(
      std::make_unique<FunctionWorker<Result>>(env, env.Undefined(), std::move(compute), std::move(convert)));
}

}  // namespace denseam::binding
