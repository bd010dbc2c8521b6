#pragma once

#include <functional>
#include <utility>
#include <vector>

namespace denseam::binding {

// The copies still to be made into arrays that JavaScript does not hold yet. Large results are copied on the pool, page
// by fresh page, while the event loop goes on; only their arrays are made on it.
class Handover {
 public:
  // During its lifetime, conversions on this thread add their large copies to the list instead of making them.
  class Scope {
   public:
    explicit Scope(Handover& handover) : outer_(std::exchange(current, &handover)) {}
    ~Scope() { current = outer_; }
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;

   private:
    Handover* outer_;
  };

  // Makes the copy now, or later where a Scope collects copies.
  static void add(std::function<void()> copy) {
    if (current == nullptr) return copy();
    current->copies_.push_back(std::move(copy));
  }

  bool empty() const { return copies_.empty(); }
  void run() {
    for (const auto& copy : std::exchange(copies_, {})) copy();
  }

 private:
  static thread_local Handover* current;

  std::vector<std::function<void()>> copies_;
};

inline thread_local Handover* Handover::current = nullptr;

}  // namespace denseam::binding
