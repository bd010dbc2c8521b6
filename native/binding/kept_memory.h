#pragma once

#include <napi.h>

#include <cstddef>
#include <utility>

namespace denseam::binding {

// How much native memory a JavaScript object keeps, as V8 was told: it sees only a few words of the object, and would
// collect garbage too late. On the event loop.
class KeptMemory {
 public:
  // To be called after what is no longer kept was freed: memory that is free goes back to the system now and then.
  void tell(Napi::BasicEnv env, std::size_t bytes);
  // Adds what V8 was told of another object, which then keeps nothing.
  void takeOver(KeptMemory& other) { told_ += std::exchange(other.told_, 0); }
  // What all objects of the process keep.
  static std::size_t total();

 private:
  std::size_t told_ = 0;
};

// Exports what the collector is told of all objects: `keptMemory`, `press` and `giveBackFreeMemory`.
void defineKeptMemory(Napi::Env env, Napi::Object exports);

}  // namespace denseam::binding
