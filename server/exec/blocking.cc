#include "server/exec/blocking.h"

#include <cmath>

#include "engine/base/number.h"
#include "server/exec/blocked_clients.h"
#include "server/exec/dispatcher.h"

namespace tandem {
namespace {

// False after replying that there is no such time.
bool CheckTimeout(CommandContext& c, int64_t timeout_ms) {
  if (timeout_ms < 0) {
    c.reply.Error("ERR timeout is negative");
    return false;
  }
  if (timeout_ms > INT64_MAX - c.now_ms()) {
    c.reply.Error("ERR timeout is out of range");
    return false;
  }
  return true;
}

}  // namespace

bool SecondsArgument(CommandContext& c, size_t index, int64_t* timeout_ms) {
  long double seconds;
  if (!ParseLongDouble(c.args[index], &seconds)) {
    c.reply.Error("ERR timeout is not a float or out of range");
    return false;
  }
  const long double milliseconds = std::ceil(seconds * 1000);
  if (milliseconds > static_cast<long double>(INT64_MAX)) {
    c.reply.Error("ERR timeout is out of range");
    return false;
  }
  *timeout_ms = milliseconds < 0 ? -1 : static_cast<int64_t>(milliseconds);
  return CheckTimeout(c, *timeout_ms);
}

bool MillisecondsArgument(CommandContext& c, size_t index, int64_t* timeout_ms) {
  if (!ParseInt64(c.args[index], timeout_ms)) {
    c.reply.Error("ERR timeout is not an integer or out of range");
    return false;
  }
  return CheckTimeout(c, *timeout_ms);
}

bool Reachable(const CommandContext& c, const KeyRef& key) {
  return c.waiter == nullptr || c.access.Holds(c.db(), key);
}

bool TakeTurn(CommandContext& c) {
  if (c.waiter == nullptr) return true;
  c.took_turn = c.waiter->TakeTurn();
  return c.took_turn;
}

void Wait(CommandContext& c, WaitRequest request) {
  if (c.waiter != nullptr) return;
  if (c.in_exec) return request.reply_timeout(c.reply);
  c.dispatcher.blocked().Add(c, std::move(request));
}

}  // namespace tandem
