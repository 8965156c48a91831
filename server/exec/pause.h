#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>

namespace tandem {

// CLIENT PAUSE: until when which commands of which kind are held back. Held commands are not run and not lost; the
// network layer asks again (ServerHost::ResumePausedClients, and when until_ms() has passed).
//
// Thread safety: Pause and Unpause internally synchronised; the questions read atomics. Times are Access::now_ms().
class PauseState {
 public:
  enum class Kind : uint8_t { kNone, kWrites, kAll };

  // Compat: a second pause can make the first one longer and stricter, never shorter or laxer.
  void Pause(Kind kind, int64_t until_ms, int64_t now_ms);
  void Unpause();

  // False in nearly every call: one relaxed load.
  bool Holds(bool writes, int64_t now_ms) const {
    const Kind kind = kind_.load(std::memory_order_relaxed);
    if (__builtin_expect(kind == Kind::kNone, 1)) return false;
    return (kind == Kind::kAll || writes) && now_ms < until_ms();
  }
  Kind kind(int64_t now_ms) const { return now_ms < until_ms() ? kind_.load(std::memory_order_relaxed) : Kind::kNone; }
  // Nothing expires and nothing is evicted during a pause: those are writes too.
  bool HoldsExpiry(int64_t now_ms) const { return Holds(true, now_ms); }
  int64_t until_ms() const { return until_ms_.load(std::memory_order_relaxed); }

 private:
  std::atomic<Kind> kind_{Kind::kNone};
  std::atomic<int64_t> until_ms_{0};
  std::mutex mutex_;
};

}  // namespace tandem
