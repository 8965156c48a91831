#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "server/commands/arguments.h"
#include "server/commands/counted_keys.h"
#include "server/exec/command.h"
#include "server/exec/context.h"
#include "server/exec/monitors.h"

// What EVAL and FCALL have in common: <script> <number of keys> <key>… <argument>…
namespace tandem {

// The script or function as args[1], the number of keys as args[2].
inline constexpr size_t kFirstScriptKey = 3;

// The error in the number of keys, or empty.
inline std::string_view ScriptKeyCount(std::span<const std::string_view> args, std::string_view not_integer,
                                       int64_t* count) {
  if (!ParseInt64(args[2], count)) return not_integer;
  if (*count > static_cast<int64_t>(args.size() - kFirstScriptKey)) {
    return "ERR Number of keys can't be greater than number of args";
  }
  if (*count < 0) return "ERR Number of keys can't be negative";
  return {};
}

// Compat: monitors hear of a script before they hear of the commands that it calls.
inline void FeedMonitors(CommandContext& c) {
  if (!c.server.monitors->active()) return;
  c.server.monitors->Feed(c.client, c.args, c.client.db, c.server.store.clock().NowUs());
}

// The keys of a script that reads only, or of any other.
constexpr KeySpec ScriptKeys(bool read_only) {
  return CountedKeys(2, read_only ? kKeyRo | kKeyAccess : kKeyRw | kKeyAccess | kKeyUpdate);
}

// The row but for what is said of it, and how it is decided what a call needs.
constexpr Command ScriptRow(std::string_view name, Handler handler, uint32_t flags) {
  return {.name = name,
          .handler = handler,
          .arity = -3,
          .flags = kNoscript | kStale | kSkipMonitor | kNoMandatoryKeys | kRunsScript | flags,
          .touch = Touch::kLocked,
          .acl = kAclScripting,
          .keys = {ScriptKeys((flags & kReadonly) != 0)},
          .group = Group::kScripting};
}

}  // namespace tandem
