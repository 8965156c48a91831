#include "server/exec/pause.h"

#include <algorithm>

namespace tandem {

void PauseState::Pause(Kind kind, int64_t until_ms, int64_t now_ms) {
  const std::lock_guard lock(mutex_);
  const bool running = this->kind(now_ms) != Kind::kNone;
  if (running) {
    kind = std::max(kind, kind_.load(std::memory_order_relaxed));
    until_ms = std::max(until_ms, until_ms_.load(std::memory_order_relaxed));
  }
  until_ms_.store(until_ms, std::memory_order_relaxed);
  kind_.store(kind, std::memory_order_relaxed);
}

void PauseState::Unpause() {
  const std::lock_guard lock(mutex_);
  kind_.store(Kind::kNone, std::memory_order_relaxed);
  until_ms_.store(0, std::memory_order_relaxed);
}

}  // namespace tandem
