#pragma once

#include <napi.h>

#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "parallel/job.h"

// Runs a kernel on the libuv pool and settles a promise with what it returns.
namespace denseam::binding {

// Reports a job's progress to a JavaScript callback, on the event loop.
class ProgressReporter {
 public:
  ProgressReporter(Napi::Env env, const Napi::Function& callback);
  ~ProgressReporter();
  ProgressReporter(const ProgressReporter&) = delete;
  ProgressReporter& operator=(const ProgressReporter&) = delete;

  // From any thread.
  void report(std::size_t completed, std::size_t total);
  // On the event loop, once, when all is done; reports still under way are dropped.
  void finish(std::size_t total);

 private:
  struct Sink;
  std::shared_ptr<Sink> sink_;
  Napi::ThreadSafeFunction function_;
};

class PromiseWorker : public Napi::AsyncWorker {
 public:
  // Starts the worker, which then owns itself; returns { promise, abort }.
  static Napi::Value start(PromiseWorker* worker);

 protected:
  PromiseWorker(Napi::Env env, const Napi::Value& onProgress);
  ~PromiseWorker() override;

  // Off the event loop; no JavaScript here.
  virtual void run(Job& job) = 0;
  // On the event loop afterwards.
  virtual Napi::Value result(Napi::Env env) = 0;

 private:
  void Execute() override;
  void OnOK() override;
  void OnError(const Napi::Error& error) override;
  bool environmentIsClosing() const;

  Napi::Promise::Deferred deferred_;
  std::unique_ptr<ProgressReporter> reporter_;
  std::shared_ptr<Job> job_;
  std::string code_;
};

// A worker made of two functions: one that computes a Result, one that turns it into a JavaScript value.
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

template <typename Result, typename Convert>
Napi::Value launch(Napi::Env env, const Napi::Value& onProgress, std::function<Result(Job&)> compute, Convert convert) {
  return PromiseWorker::start(new FunctionWorker<Result>(env, onProgress, std::move(compute), std::move(convert)));
}

}  // namespace denseam::binding
