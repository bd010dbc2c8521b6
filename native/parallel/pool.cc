#include "parallel/pool.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <exception>
#include <limits>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

namespace denseam::parallel {
namespace {

// One loop in progress.
struct Loop {
  Loop(std::size_t count_, std::size_t grain_, const Job& job_, const Range& body_)
      : count(count_), grain(grain_), job(job_), body(body_) {}

  const std::size_t count;
  const std::size_t grain;
  const Job& job;
  const Range& body;
  std::atomic<std::size_t> next{0};
  // Guarded by the pool's mutex.
  std::size_t active = 0;
  std::size_t failedAt = std::numeric_limits<std::size_t>::max();
  std::exception_ptr failure;

  bool exhausted() const { return next.load(std::memory_order_relaxed) >= count; }
};

// How long a thread looks for work before it sleeps: several times the cost of sleeping and waking, so that threads
// stay awake between the loops of one call, and no longer.
constexpr std::chrono::microseconds kSpin{50};

void relax() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#else
  std::this_thread::yield();
#endif
}

class Pool {
 public:
  static Pool& instance() {
    // Never destroyed: at process exit its threads may still wait on its members, and destroying those would crash.
    static Pool* pool = new Pool();
    return *pool;
  }

  std::size_t limit() {
    const std::lock_guard lock(mutex_);
    return limit_;
  }

  void setLimit(std::size_t limit) {
    const std::lock_guard lock(mutex_);
    limit_ = limit;
    isSet_ = true;
    work_.notify_all();
  }

  void setDefaultLimit(std::size_t limit) {
    const std::lock_guard lock(mutex_);
    if (!isSet_) limit_ = limit;
    isSet_ = true;
    work_.notify_all();
  }

  static bool isInside() { return insidePool_; }

  void submit(std::function<void()> task) {
    const std::lock_guard lock(mutex_);
    startThreads();
    tasks_.push_back(std::move(task));
    announce();
  }

  void run(Loop& loop) {
    std::unique_lock lock(mutex_);
    startThreads();
    open_.push_back(&loop);
    announce();
    if (insidePool_) work(loop, lock);
    if (loop.active > 0) spin(ended_, lock);
    done_.wait(lock, [&] { return loop.active == 0 && loop.exhausted(); });
    open_.erase(std::find(open_.begin(), open_.end(), &loop));
    if (loop.failure) std::rethrow_exception(loop.failure);
  }

 private:
  void announce() {
    announced_.fetch_add(1, std::memory_order_relaxed);
    work_.notify_all();
  }

  // Spins without the lock, until the counter changes or it is time to sleep.
  static void spin(const std::atomic<std::size_t>& counter, std::unique_lock<std::mutex>& lock) {
    const std::size_t seen = counter.load(std::memory_order_relaxed);
    lock.unlock();
    const auto end = std::chrono::steady_clock::now() + kSpin;
    while (counter.load(std::memory_order_relaxed) == seen && std::chrono::steady_clock::now() < end) relax();
    lock.lock();
  }

  void startThreads() {
    while (started_ < limit_) {
      try {
        std::thread(&Pool::serve, this, started_).detach();
      } catch (const std::system_error&) {
        if (started_ == 0) throw;
        return;  // the system grants no more; those that run do the work
      }
      ++started_;
    }
  }

  // Works on an open loop before it begins another task.
  void serve(std::size_t index) {
    insidePool_ = true;
    std::unique_lock lock(mutex_);
    for (;;) {
      if (newest() == nullptr && tasks_.empty()) spin(announced_, lock);
      work_.wait(lock, [&] { return index < limit_ && (newest() != nullptr || !tasks_.empty()); });
      if (Loop* loop = newest()) {
        work(*loop, lock);
        continue;
      }
      if (tasks_.empty()) continue;  // other threads took the last chunk since the condition was checked
      const std::function<void()> task = std::move(tasks_.front());
      tasks_.pop_front();
      lock.unlock();
      task();
      lock.lock();
    }
  }

  // The innermost open loops come first: outer loops wait for them.
  Loop* newest() const {
    for (auto it = open_.rbegin(); it != open_.rend(); ++it) {
      if (!(*it)->exhausted()) return *it;
    }
    return nullptr;
  }

  // Works on one loop until none of its chunks is left. Holds the lock at entry and exit, not while a chunk runs.
  void work(Loop& loop, std::unique_lock<std::mutex>& lock) {
    ++loop.active;
    lock.unlock();
    std::size_t begin = 0;
    std::exception_ptr failure;
    while (!failure && (begin = loop.next.fetch_add(loop.grain, std::memory_order_relaxed)) < loop.count) {
      try {
        loop.job.poll();
        loop.body(begin, std::min(begin + loop.grain, loop.count));
      } catch (...) {
        failure = std::current_exception();
      }
    }
    lock.lock();
    if (failure) {
      loop.next.store(loop.count, std::memory_order_relaxed);
      // Chunks are handed out in order, so every lower one has begun and gets to report its own failure.
      if (begin < loop.failedAt) {
        loop.failedAt = begin;
        loop.failure = failure;
      }
    }
    if (--loop.active == 0) {
      ended_.fetch_add(1, std::memory_order_relaxed);
      done_.notify_all();
    }
  }

  std::mutex mutex_;
  std::condition_variable work_;
  std::condition_variable done_;
  std::vector<Loop*> open_;
  std::deque<std::function<void()>> tasks_;
  std::size_t limit_ = 1;
  bool isSet_ = false;
  std::size_t started_ = 0;
  // Count announced work and ended loops; changed under the mutex.
  std::atomic<std::size_t> announced_{0};
  std::atomic<std::size_t> ended_{0};
  static thread_local bool insidePool_;
};

thread_local bool Pool::insidePool_ = false;

}  // namespace

std::size_t threads() { return Pool::instance().limit(); }

void setThreads(std::size_t count) { Pool::instance().setLimit(count); }

void setDefaultThreads(std::size_t count) { Pool::instance().setDefaultLimit(count); }

void submit(std::function<void()> task) { Pool::instance().submit(std::move(task)); }

void forEach(std::size_t count, std::size_t grain, const Job& job, const Range& body) {
  job.poll();
  if (count == 0) return;
  if (count <= grain && Pool::isInside()) return body(0, count);
  Loop loop(count, std::max<std::size_t>(1, grain), job, body);
  Pool::instance().run(loop);
}

}  // namespace denseam::parallel
