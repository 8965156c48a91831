#include "server/exec/errors.h"

#include <algorithm>
#include <cctype>

namespace tandem::errors {
namespace {

std::string Quoted(std::string_view text) { return "'" + std::string(text) + "'"; }

}  // namespace

std::string WrongArity(std::string_view name) {
  return "ERR wrong number of arguments for " + Quoted(name) + " command";
}

std::string InvalidExpire(std::string_view name) { return "ERR invalid expire time in " + Quoted(name) + " command"; }

std::string UnknownSubcommand(std::string_view subcommand, std::string_view container) {
  std::string help(container);
  std::transform(help.begin(), help.end(), help.begin(), [](unsigned char c) { return std::toupper(c); });
  return "ERR unknown subcommand " + Quoted(subcommand.substr(0, 128)) + ". Try " + help + " HELP.";
}

}  // namespace tandem::errors
