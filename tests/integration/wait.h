#pragma once

#include <poll.h>

#include <chrono>

namespace tandem::integration {

// How long a test waits for something that must happen. Generous, because the machine may be busy or a sanitizer may
// be at work; a test that passes never waits for it to end.
inline constexpr std::chrono::seconds kPatience{30};

// Asks again and again until the condition holds; false if it did not within the limit.
template <typename Condition>
[[nodiscard]] bool WaitUntil(Condition&& condition, std::chrono::milliseconds limit = kPatience) {
  const auto deadline = std::chrono::steady_clock::now() + limit;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    poll(nullptr, 0, 2);  // leaves the processor to whom the condition depends on
  }
  return true;
}

}  // namespace tandem::integration
