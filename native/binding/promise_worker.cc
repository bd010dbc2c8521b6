#include "binding/promise_worker.h"

#include <new>
#include <stdexcept>

#include "base/error.h"
#include "binding/arguments.h"
#include "binding/environment.h"
#include "parallel/pool.h"

namespace denseam::binding {

void stopAll(Napi::Env env) { Environment::of(env).stop(); }

// A JavaScript progress callback and its last report. Lives on the event loop; pool threads only hold it.
struct PromiseWorker::Reports {
  Napi::FunctionReference callback;
  std::size_t last = 0;
  bool finished = false;

  void report(Napi::Env env, std::size_t completed, std::size_t total) {
    if (finished || completed < last) return;
    last = completed;
    finished = completed == total;
    Napi::Object progress = Napi::Object::New(env);
    progress.Set("completed", static_cast<double>(completed));
    progress.Set("total", static_cast<double>(total));
    callback.Call({progress});
  }
};

PromiseWorker::PromiseWorker(Napi::Env env, const Napi::Value& onProgress)
    : deferred_(Napi::Promise::Deferred::New(env)) {
  Job::Listener listener;
  if (onProgress.IsFunction()) {
    reports_ = std::make_shared<Reports>();
    reports_->callback = Napi::Persistent(onProgress.As<Napi::Function>());
    listener = [environment = &Environment::of(env), reports = std::weak_ptr(reports_)](std::size_t completed,
                                                                                        std::size_t total) {
      environment->post([reports, completed, total](Napi::Env loop) {
        if (const auto alive = reports.lock()) alive->report(loop, completed, total);
      });
    };
  }
  job_ = std::make_shared<Job>(std::move(listener));
}

Napi::Value PromiseWorker::start(std::unique_ptr<PromiseWorker> worker) {
  Napi::Env env = worker->deferred_.Env();
  Environment& environment = Environment::of(env);
  Napi::Object task = Napi::Object::New(env);
  task.Set("promise", worker->deferred_.Promise());
  task.Set("abort", Napi::Function::New(env, [job = worker->job_](const Napi::CallbackInfo&) { job->abort(); }));

  Job* job = worker->job_.get();
  environment.begin(env, job);
  auto run = [&environment, shared = std::shared_ptr<PromiseWorker>(std::move(worker))]() mutable {
    const std::shared_ptr<Job> own = shared->job_;  // its address names the call until `finished` has returned
    try {
      shared->run(*own);
    } catch (...) {
      shared->failure_ = std::current_exception();
    }
    // The message owns the worker from here on: it holds references that must be dropped on the event loop.
    environment.post([owner = std::move(shared)](Napi::Env loop) { settle(loop, owner); });
    environment.finished(own.get());
  };
  try {
    parallel::submit(std::move(run));
  } catch (...) {
    environment.finished(job);
    environment.end(env);
    throw;
  }
  return task;
}

void PromiseWorker::settle(Napi::Env env, const std::shared_ptr<PromiseWorker>& worker) {
  const Napi::Value value = worker->convert(env);
  if (worker->failure_ || worker->handover_.empty()) return worker->finish(env, value);
  worker->value_ = Napi::Persistent(value.As<Napi::Object>());
  Environment& environment = Environment::of(env);
  environment.goOn(worker->job_.get());
  auto fill = [&environment, shared = worker]() mutable {
    const std::shared_ptr<Job> own = shared->job_;
    shared->handover_.run();
    environment.post([owner = std::move(shared)](Napi::Env loop) { owner->finish(loop, owner->value_.Value()); });
    environment.finished(own.get());
  };
  try {
    parallel::submit(std::move(fill));
  } catch (...) {
    environment.finished(worker->job_.get());
    worker->handover_.run();
    worker->finish(env, value);
  }
}

Napi::Value PromiseWorker::convert(Napi::Env env) {
  if (failure_) return {};
  try {
    const Handover::Scope scope(handover_);
    return result(env);
  } catch (...) {
    failure_ = std::current_exception();
    return {};
  }
}

void PromiseWorker::finish(Napi::Env env, const Napi::Value& value) {
  Environment::of(env).end(env);
  if (failure_) {
    deferred_.Reject(toError(env).Value());
    return;
  }
  deferred_.Resolve(value);
  // The promise's followers run after this function, so they find the progress complete, whatever the callback throws.
  if (reports_) reports_->report(env, job_->total(), job_->total());
}

Napi::Error PromiseWorker::toError(Napi::Env env) const {
  try {
    std::rethrow_exception(failure_);
  } catch (const Napi::Error& error) {
    return codedError(env, "ERR_OUT_OF_MEMORY", "The result could not be handed over: " + error.Message());
  } catch (const Error& error) {
    return codedError(env, error);
  } catch (const Aborted& error) {
    return codedError(env, "ABORT_ERR", error.what());
  } catch (const std::bad_alloc&) {
    return codedError(env, "ERR_OUT_OF_MEMORY", "The result or its work space does not fit in memory");
  } catch (const std::length_error&) {
    return codedError(env, "ERR_OUT_OF_MEMORY", "The result or its work space is larger than an array can be");
  } catch (const std::exception& error) {
    return Napi::Error::New(env, error.what());
  }
}

}  // namespace denseam::binding
