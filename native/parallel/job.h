#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <functional>
#include <stdexcept>
#include <utility>

namespace denseam {

// Thrown by a kernel that sees its job's abort flag; the binding rejects the call's promise.
class Aborted : public std::runtime_error {
 public:
  Aborted() : std::runtime_error("aborted") {}
};

// The state that a call shares with its kernels: an abort flag to poll, and a count of finished work to report.
class Job {
 public:
  using Listener = std::function<void(std::size_t completed, std::size_t total)>;

  explicit Job(Listener listener = {}) : listener_(std::move(listener)) {}
  Job(const Job&) = delete;
  Job& operator=(const Job&) = delete;

  void abort() { aborted_.store(true, std::memory_order_relaxed); }
  void poll() const {
    if (aborted_.load(std::memory_order_relaxed)) throw Aborted();
  }

  // Work is counted in item evaluations. The total is set before the work begins.
  void expect(std::size_t total) { total_.store(total, std::memory_order_relaxed); }
  void advance(std::size_t count) {
    const std::size_t completed = completed_.fetch_add(count, std::memory_order_relaxed) + count;
    if (listener_ && due()) listener_(completed, total_.load(std::memory_order_relaxed));
  }
  std::size_t total() const { return total_.load(std::memory_order_relaxed); }

 private:
  // True for one caller in each interval, so that reports stay cheap for small items, too.
  bool due() {
    using Clock = std::chrono::steady_clock;
    constexpr std::int64_t interval = std::chrono::nanoseconds(std::chrono::milliseconds(50)).count();
    const std::int64_t now = Clock::now().time_since_epoch().count();
    std::int64_t last = reported_.load(std::memory_order_relaxed);
    return now - last >= interval && reported_.compare_exchange_strong(last, now, std::memory_order_relaxed);
  }

  Listener listener_;
  std::atomic<bool> aborted_{false};
  std::atomic<std::size_t> total_{0};
  std::atomic<std::size_t> completed_{0};
  std::atomic<std::int64_t> reported_{0};
};

}  // namespace denseam
