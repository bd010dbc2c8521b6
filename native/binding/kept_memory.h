#pragma once

#include <napi.h>

#include <cstddef>
#include <utility>

namespace denseam::binding {

// The native memory that a JavaScript object keeps, as reported to V8: V8 sees only a few words of the object, and
// would collect garbage too late. Used on the event loop.
class KeptMemory {
 public:
  // Reports the present size; to be called after memory was freed, some of which then goes back to the system.
  void tell(Napi::BasicEnv env, std::size_t bytes);
  // Takes over what was reported for another object, which then keeps nothing.
  void takeOver(KeptMemory& other) { told_ += std::exchange(other.told_, 0); }
  // The total of all objects of the process.
  static std::size_t total();

 private:
  std::size_t told_ = 0;
};

// Exports the functions on kept memory: `keptMemory`, `press` and `giveBackFreeMemory`.
void defineKeptMemory(Napi::Env env, Napi::Object exports);

}  // namespace denseam::binding
