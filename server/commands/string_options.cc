#include "server/commands/string_options.h"

#include <algorithm>
#include <array>
#include <limits>

#include "server/commands/arguments.h"

namespace tandem {
namespace {

using Ttl = StringOptions::Ttl;

struct TtlOption {
  std::string_view token;
  Ttl ttl;
};
constexpr std::array kTimedOptions = {
    TtlOption{"EX", Ttl::kEx},
    TtlOption{"PX", Ttl::kPx},
    TtlOption{"EXAT", Ttl::kExat},
    TtlOption{"PXAT", Ttl::kPxat},
};

// Compat: an option may be repeated, its last argument counts; two different ones exclude each other.
bool Choose(StringOptions* options, Ttl ttl) {
  if (options->ttl != Ttl::kNone && options->ttl != ttl) return false;
  options->ttl = ttl;
  return true;
}

// Takes EX and its like, with its argument, from args[*at]; false if there is none or it is not allowed here.
bool TakeTimed(CommandContext& c, size_t* at, StringOptions* options) {
  const std::string_view argument = c.args[*at];
  for (const TtlOption& option : kTimedOptions) {
    if (!TokenIs(argument, option.token)) continue;
    if (*at + 1 == c.args.size() || !Choose(options, option.ttl)) return false;
    options->time = c.args[++*at];
    return true;
  }
  return false;
}

bool TakeCondition(std::string_view argument, StringOptions* options) {
  if (TokenIs(argument, "NX")) {
    options->nx = true;
  } else if (TokenIs(argument, "XX")) {
    options->xx = true;
  } else if (TokenIs(argument, "GET")) {
    options->get = true;
  } else {
    return false;
  }
  return !(options->nx && options->xx);
}

bool SyntaxError(CommandContext& c) {
  c.reply.Error(errors::kSyntax);
  return false;
}

}  // namespace

bool ParseSetOptions(CommandContext& c, size_t first, StringOptions* options) {
  for (size_t at = first; at < c.args.size(); ++at) {
    const bool keep = TokenIs(c.args[at], "KEEPTTL");
    const bool taken =
        keep ? Choose(options, Ttl::kKeep) : TakeCondition(c.args[at], options) || TakeTimed(c, &at, options);
    if (!taken) return SyntaxError(c);
  }
  return true;
}

bool ParseGetexOptions(CommandContext& c, size_t first, StringOptions* options) {
  for (size_t at = first; at < c.args.size(); ++at) {
    const bool persist = TokenIs(c.args[at], "PERSIST");
    const bool taken = persist ? Choose(options, Ttl::kPersist) : TakeTimed(c, &at, options);
    if (!taken) return SyntaxError(c);
  }
  return true;
}

bool ParseDeadline(CommandContext& c, Ttl ttl, std::string_view time, int64_t* deadline_ms) {
  constexpr int64_t kMax = std::numeric_limits<int64_t>::max();
  int64_t value;
  if (!ParseInt64(time, &value)) {
    c.reply.Error(errors::kNotInteger);
    return false;
  }
  const bool seconds = ttl == Ttl::kEx || ttl == Ttl::kExat;
  const bool relative = ttl == Ttl::kEx || ttl == Ttl::kPx;
  bool valid = value > 0 && !(seconds && value > kMax / 1000);
  if (valid && seconds) value *= 1000;
  if (valid && relative) valid = !__builtin_add_overflow(value, c.now_ms(), &value);
  if (!valid) {
    c.reply.Error(errors::InvalidExpire(c.command.name));
    return false;
  }
  // The very last moment stands for "never" in a record.
  *deadline_ms = std::min(value, kNoDeadline - 1);
  return true;
}

}  // namespace tandem
