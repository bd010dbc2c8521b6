#pragma once

#include <memory>
#include <mutex>
#include <utility>
#include <vector>

namespace denseam {

// Work spaces that the chunks of a loop pass on to each other: there are never more than chunks running at once, and
// none is allocated anew for every chunk.
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
