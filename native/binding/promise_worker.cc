#include "binding/promise_worker.h"

#include <atomic>
#include <exception>
#include <new>
#include <unordered_set>

#include "binding/arguments.h"
#include "error.h"

namespace denseam::binding {
namespace {

// The jobs that run for one environment. When it closes (a worker thread ends), they are told to stop, so that Node, which waits
// for them, need not wait long; their results then go nowhere.
struct Environment {
  std::unordered_set<Job*> jobs;
  bool closing = false;

  static Environment& of(Napi::Env env) {
    auto* environment = env.GetInstanceData<Environment>();
    if (environment == nullptr) {
      environment = new Environment();
      env.SetInstanceData(environment);
      env.AddCleanupHook(
          [](Environment* closing) {
            closing->closing = true;
            for (Job* job : closing->jobs) job->abort();
          },
          environment);
    }
    return *environment;
  }
};

}  // namespace

struct ProgressReporter::Sink {
  bool finished = false;
  std::size_t last = 0;

  void call(const Napi::Function& callback, std::size_t completed, std::size_t total) {
    if (finished || completed < last) return;
    last = completed;
    Napi::Env env = callback.Env();
    Napi::Object progress = Napi::Object::New(env);
    progress.Set("completed", static_cast<double>(completed));
    progress.Set("total", static_cast<double>(total));
    callback.Call({progress});
  }
};

ProgressReporter::ProgressReporter(Napi::Env env, const Napi::Function& callback)
    : sink_(std::make_shared<Sink>()), function_(Napi::ThreadSafeFunction::New(env, callback, "denseam progress", 0, 1)) {}

ProgressReporter::~ProgressReporter() { function_.Release(); }

void ProgressReporter::report(std::size_t completed, std::size_t total) {
  function_.NonBlockingCall([sink = sink_, completed, total](Napi::Env, const Napi::Function& callback) {
    sink->call(callback, completed, total);
  });
}

void ProgressReporter::finish(std::size_t total) {
  function_.NonBlockingCall([sink = sink_, total](Napi::Env, const Napi::Function& callback) {
    sink->call(callback, total, total);
    sink->finished = true;
  });
}

PromiseWorker::PromiseWorker(Napi::Env env, const Napi::Value& onProgress)
    : Napi::AsyncWorker(env, "denseam"), deferred_(Napi::Promise::Deferred::New(env)) {
  Job::Listener listener;
  if (onProgress.IsFunction()) {
    reporter_ = std::make_unique<ProgressReporter>(env, onProgress.As<Napi::Function>());
    listener = [reporter = reporter_.get()](std::size_t completed, std::size_t total) { reporter->report(completed, total); };
  }
  job_ = std::make_shared<Job>(std::move(listener));
  Environment::of(env).jobs.insert(job_.get());
}

PromiseWorker::~PromiseWorker() {
  if (!environmentIsClosing()) Environment::of(Env()).jobs.erase(job_.get());
}

bool PromiseWorker::environmentIsClosing() const { return Environment::of(Env()).closing; }

Napi::Value PromiseWorker::start(PromiseWorker* worker) {
  Napi::Env env = worker->Env();
  Napi::Object task = Napi::Object::New(env);
  task.Set("promise", worker->deferred_.Promise());
  task.Set("abort", Napi::Function::New(env, [job = worker->job_](const Napi::CallbackInfo&) { job->abort(); }));
  worker->Queue();
  return task;
}

void PromiseWorker::Execute() {
  try {
    run(*job_);
  } catch (const Error& error) {
    code_ = error.code();
    SetError(error.what());
  } catch (const Aborted& error) {
    code_ = "ABORT_ERR";
    SetError(error.what());
  } catch (const std::bad_alloc&) {
    code_ = "ERR_OUT_OF_MEMORY";
    SetError("The result or its work space does not fit in memory");
  } catch (const std::length_error&) {
    code_ = "ERR_OUT_OF_MEMORY";
    SetError("The result or its work space is larger than an array can be");
  } catch (const std::exception& error) {
    SetError(error.what());
  }
}

void PromiseWorker::OnOK() {
  if (environmentIsClosing()) return;
  if (reporter_) reporter_->finish(job_->total());
  deferred_.Resolve(result(Env()));
}

void PromiseWorker::OnError(const Napi::Error& error) {
  if (environmentIsClosing()) return;
  Napi::Object reason = error.Value();
  if (!code_.empty()) reason.Set("code", Napi::String::New(Env(), code_));
  deferred_.Reject(reason);
}

}  // namespace denseam::binding
