#pragma once

#include <memory>
#include <mutex>
#include <span>
#include <utility>
#include <vector>

#include "draws.h"
#include "memory/memory.h"
#include "parallel/job.h"
#include "pointcloud/cloud_memory.h"

namespace denseam::stress {

// A memory as JavaScript holds it: calls keep the one that they began with, and edits, one at a time, put a new one in
// its place.
template <typename M>
class Holder {
 public:
  explicit Holder(std::shared_ptr<const M> memory) : memory_(std::move(memory)) {}

  std::shared_ptr<const M> get() {
    const std::lock_guard lock(mutex_);
    return memory_;
  }
  // Edit is (const M&) -> the successor. False where another edit runs.
  template <typename Edit>
  bool edit(Edit edit) {
    const std::unique_lock editing(editing_, std::try_to_lock);
    if (!editing) return false;
    std::shared_ptr<const M> successor = edit(*get());
    const std::lock_guard lock(mutex_);
    memory_ = std::move(successor);
    return true;
  }

 private:
  std::mutex editing_, mutex_;
  std::shared_ptr<const M> memory_;
};

struct Vectors {
  Shape shape;
  std::size_t fewItems;  // what it begins with, and is cut back to where it has grown too large
  Holder<Memory> memory;
};

// What all callers use at once.
struct Shared {
  std::vector<std::unique_ptr<Vectors>> memories;
  std::unique_ptr<Holder<pointcloud::CloudMemory>> clouds;
};

std::unique_ptr<Shared> makeShared(Draw& draw);

struct Call {
  const char* name;
  void (*run)(Shared& shared, Draw& draw, Job& job);
};

// The calls that callers choose from.
std::span<const Call> calls();

}  // namespace denseam::stress
