#include "binding/kept_memory.h"

#include <atomic>
#include <cstdint>

#include "base/aligned.h"
#include "binding/arguments.h"
#include "parallel/pool.h"

namespace denseam::binding {
namespace {

// The least freed memory that is worth a search for pages to give back.
constexpr std::size_t kWorthGivingBack = std::size_t{1} << 25;

std::atomic<std::size_t> freed{0};
std::atomic<std::size_t> kept{0};

// The allocator keeps freed memory for later; a service that closed its memory shall shrink.
void giveBackFreed(std::size_t bytes) {
  if (freed.fetch_add(bytes, std::memory_order_relaxed) + bytes < kWorthGivingBack) return;
  freed.store(0, std::memory_order_relaxed);
  try {
    parallel::submit(giveBackFreeMemory);
  } catch (const std::exception&) {
    giveBackFreeMemory();  // no thread to be had
  }
}

Napi::Value keptMemory(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), static_cast<double>(KeptMemory::total()));
}

// (bytes)
void press(const Napi::CallbackInfo& info) {
  const auto bytes = static_cast<std::int64_t>(readCount(info[0], "bytes"));
  Napi::MemoryManagement::AdjustExternalMemory(info.Env(), bytes);
  Napi::MemoryManagement::AdjustExternalMemory(info.Env(), -bytes);
}

void giveBack(const Napi::CallbackInfo&) { giveBackFreeMemory(); }

}  // namespace

void KeptMemory::tell(Napi::BasicEnv env, std::size_t bytes) {
  if (bytes == told_) return;
  Napi::MemoryManagement::AdjustExternalMemory(env,
                                               static_cast<std::int64_t>(bytes) - static_cast<std::int64_t>(told_));
  if (bytes < told_) giveBackFreed(told_ - bytes);
  kept.fetch_add(bytes - told_, std::memory_order_relaxed);  // modulo 2^64: right for a difference below zero, too
  told_ = bytes;
}

std::size_t KeptMemory::total() { return kept.load(std::memory_order_relaxed); }

void defineKeptMemory(Napi::Env env, Napi::Object exports) {
  exports.Set("keptMemory", Napi::Function::New<keptMemory>(env));
  exports.Set("press", Napi::Function::New<press>(env));
  exports.Set("giveBackFreeMemory", Napi::Function::New<giveBack>(env));
}

}  // namespace denseam::binding
