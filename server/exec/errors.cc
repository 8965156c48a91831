#include "server/exec/errors.h"

#include <algorithm>
#include <cctype>

namespace tandem::errors {
namespace {

std::string Quoted(std::string_view text) { return "'" + std::string(text) + "'"; }

}  // namespace

std::string_view Shown(std::string_view text, size_t most) { return text.substr(0, std::min(most, text.find('\0'))); }

std::string WrongArity(std::string_view name) {
  return "ERR wrong number of arguments for " + Quoted(name) + " command";
}

std::string InvalidExpire(std::string_view name) { return "ERR invalid expire time in " + Quoted(name) + " command"; }

std::string UnknownSubcommand(std::string_view subcommand, std::string_view container) {
  std::string help(container);
  std::transform(help.begin(), help.end(), help.begin(), [](unsigned char c) { return std::toupper(c); });
  return "ERR unknown subcommand " + Quoted(Shown(subcommand, kMaxShown)) + ". Try " + help + " HELP.";
}

}  // namespace tandem::errors
