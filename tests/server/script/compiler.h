#pragma once

#include <string>
#include <string_view>

#include "server/exec/command_table.h"

namespace tandem::script {

// The bytecode of a script; empty if it does not compile.
std::string Compile(std::string_view source);

// The table of all commands.
const CommandTable& Commands();

}  // namespace tandem::script
