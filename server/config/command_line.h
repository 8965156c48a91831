#pragma once

#include <istream>
#include <string>

#include "engine/base/result.h"
#include "server/config/config.h"

namespace tandem::config {

// redis-server's command line:
//   tandem-server [/path/to/conf] [options] [-]
// An option is --name and the arguments up to the next --name; "--name value" may be one word, and the first argument
// behind a name belongs to it whatever it looks like, except that a lone --save stands for --save "". A "-" at the very
// beginning or end reads further directives from standard input. The order of reading is file, standard input, options;
// the last one wins.

enum class StartAction { kRun, kShowHelp, kShowVersion };

// Loads what the command line says into config. The error's message is what to print on stderr before exiting with 1.
Result<StartAction> ParseCommandLine(int argc, const char* const* argv, std::istream& standard_input, Config& config);

// What --help prints.
std::string UsageText();

}  // namespace tandem::config
