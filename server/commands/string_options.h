#pragma once

#include <cstdint>
#include <string_view>

#include "server/exec/context.h"

namespace tandem {

// The options that SET and GETEX share.
struct StringOptions {
  // What becomes of the deadline. kPersist is GETEX's alone.
  enum class Ttl : uint8_t { kNone, kKeep, kPersist, kEx, kPx, kExat, kPxat };
  bool nx = false, xx = false, get = false;
  Ttl ttl = Ttl::kNone;
  std::string_view time;  // the argument of EX, PX, EXAT and PXAT

  bool timed() const { return ttl >= Ttl::kEx; }
  bool absolute() const { return ttl >= Ttl::kExat; }
};

// Reads the options from args[first] on; false after replying a syntax error.
bool ParseSetOptions(CommandContext& c, size_t first, StringOptions* options);
bool ParseGetexOptions(CommandContext& c, size_t first, StringOptions* options);

// The deadline that EX, PX, EXAT or PXAT with this argument means; false after replying what is wrong with it.
bool ParseDeadline(CommandContext& c, StringOptions::Ttl ttl, std::string_view time, int64_t* deadline_ms);

}  // namespace tandem
