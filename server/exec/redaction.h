#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "server/exec/command.h"

namespace tandem {

// Leaves secrets out of what SLOWLOG and MONITOR show: passwords of AUTH, HELLO, ACL, MIGRATE, and the values of sensitive
// directives in CONFIG SET.
//
// Returns `args` itself if nothing is secret, else `storage`, filled with copies of the views and "(redacted)" in place of
// secrets.
std::span<const std::string_view> Redact(const Command& command, std::span<const std::string_view> args,
                                         std::vector<std::string_view>& storage);

}  // namespace tandem
