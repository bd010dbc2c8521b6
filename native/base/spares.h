#pragma once

#include <memory>
#include <mutex>
#include <utility>
#include <vector>

namespace denseam {

// A pool of work spaces for the chunks of a loop: it holds at most as many as chunks run at once, and
// chunks share them.
template <typename T>
class Spares {
 public:
  template <typename Make>
  std::unique_ptr<T> take(Make make) {
    {
      const std::lock_guard lock(mutex_);
      if (!spares_.empty()) {
        std::unique_ptr<T> spare = std::move(spares_.back());
        spares_.pop_back();
        return spare;
      }
    }
    return make();
  }

  void giveBack(std::unique_ptr<T> used) {
    const std::lock_guard lock(mutex_);
    spares_.push_back(std::move(used));
  }

 private:
  std::mutex mutex_;
  std::vector<std::unique_ptr<T>> spares_;
};

}  // namespace denseam
