// Many threads call everything native at once, without Node, while others abort their calls and change the number of
// threads: what ThreadSanitizer then reports are data races of our own.
//
//   denseam-races <seed> <calls of each caller>     denseam-races --fault <name>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <future>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "calls.h"
#include "draws.h"
#include "faults.h"
#include "linalg/linalg.h"
#include "parallel/job.h"
#include "parallel/pool.h"

namespace denseam::stress {
namespace {

constexpr std::size_t kCallers = 8;

// The job of the call that a caller waits for.
class Current {
 public:
  void set(std::shared_ptr<Job> job) {
    const std::lock_guard lock(mutex_);
    job_ = std::move(job);
  }
  bool abort() {
    const std::lock_guard lock(mutex_);
    if (job_) job_->abort();
    return job_ != nullptr;
  }

 private:
  std::mutex mutex_;
  std::shared_ptr<Job> job_;
};

struct Counts {
  std::atomic<std::size_t> calls{0}, aborted{0}, reports{0}, changes{0};
};

// Runs a call on the pool, as the binding does, and waits for its end.
void submitAndWait(const Call& call, Shared& shared, Draw& draw, Job& job) {
  std::promise<void> done;
  parallel::submit([&] {
    try {
      call.run(shared, draw, job);
      done.set_value();
    } catch (...) {
      done.set_exception(std::current_exception());
    }
  });
  done.get_future().get();
}

void callRepeatedly(std::size_t count, Shared& shared, Draw draw, Current& current, Counts& counts) {
  for (std::size_t i = 0; i < count; ++i) {
    const Call& call = calls()[draw.below(calls().size())];
    const auto job = std::make_shared<Job>([&](std::size_t, std::size_t) { ++counts.reports; });
    current.set(job);
    try {
      submitAndWait(call, shared, draw, *job);
      ++counts.calls;
    } catch (const Aborted&) {
      ++counts.aborted;
    }
    current.set(nullptr);
  }
}

// Aborts calls at random moments, and changes the number of threads.
void disturb(const std::atomic<bool>& ended, Draw draw, std::vector<Current>& currents, Counts& counts) {
  while (!ended) {
    std::this_thread::sleep_for(std::chrono::microseconds(draw.below(4000)));
    if (draw.chance(0.2)) {
      currents[draw.below(currents.size())].abort();
    } else {
      parallel::setThreads(1 + draw.below(kCallers));
      ++counts.changes;
    }
  }
}

void run(std::uint64_t seed, std::size_t callsEach) {
  linalg::useOneThread();
  parallel::setThreads(kCallers);
  Draw draw(seed, kCallers);
  const auto shared = makeShared(draw);
  Counts counts;
  std::vector<Current> currents(kCallers);
  std::atomic<bool> ended{false};
  std::thread disturber([&] { disturb(ended, Draw(seed, kCallers + 1), currents, counts); });
  std::vector<std::thread> callers;
  for (std::size_t k = 0; k < kCallers; ++k) {
    callers.emplace_back([&, k] { callRepeatedly(callsEach, *shared, Draw(seed, k), currents[k], counts); });
  }
  for (std::thread& caller : callers) caller.join();
  ended = true;
  disturber.join();
  std::printf("{\"calls\": %zu, \"aborted calls\": %zu, \"changes of the number of threads\": %zu}\n",
              counts.calls.load(), counts.aborted.load(), counts.changes.load());
}

}  // namespace
}  // namespace denseam::stress

int main(int count, char** arguments) {
  const std::vector<std::string> given(arguments + std::min(1, count), arguments + count);
  if (given.size() != 2) return 2;
  if (given[0] == "--fault") {
    denseam::commitFault(given[1]);
  } else {
    denseam::stress::run(std::stoull(given[0]), std::stoull(given[1]));
  }
  return 0;
}
