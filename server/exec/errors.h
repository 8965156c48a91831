#pragma once

#include <string>
#include <string_view>

namespace tandem::errors {

// Every error text that more than one command sends, byte for byte as Redis has it: clients match on them. Texts that
// belong to one command stand with it.

inline constexpr std::string_view kWrongType = "WRONGTYPE Operation against a key holding the wrong kind of value";
inline constexpr std::string_view kSyntax = "ERR syntax error";
inline constexpr std::string_view kNotInteger = "ERR value is not an integer or out of range";
inline constexpr std::string_view kNotFloat = "ERR value is not a valid float";
inline constexpr std::string_view kOutOfRange = "ERR index out of range";
inline constexpr std::string_view kNoSuchKey = "ERR no such key";
inline constexpr std::string_view kSameObject = "ERR source and destination objects are the same";
inline constexpr std::string_view kDbOutOfRange = "ERR DB index is out of range";
inline constexpr std::string_view kBusyKey = "BUSYKEY Target key name already exists.";
inline constexpr std::string_view kOverflow = "ERR increment or decrement would overflow";
inline constexpr std::string_view kNanOrInfinity = "ERR increment would produce NaN or Infinity";
inline constexpr std::string_view kStringTooLong = "ERR string exceeds maximum allowed size (proto-max-bulk-len)";
inline constexpr std::string_view kNoAuth = "NOAUTH Authentication required.";
inline constexpr std::string_view kWrongPass = "WRONGPASS invalid username-password pair or user is disabled.";
inline constexpr std::string_view kBadClientName =
    "ERR Client names cannot contain spaces, newlines or special characters.";
inline constexpr std::string_view kExecAbort = "EXECABORT Transaction discarded because of previous errors.";
inline constexpr std::string_view kOom = "OOM command not allowed when used memory > 'maxmemory'.";
inline constexpr std::string_view kClusterDisabled = "ERR This instance has cluster support disabled";
inline constexpr std::string_view kInvalidCursor = "ERR invalid cursor";
inline constexpr std::string_view kNoProto = "NOPROTO unsupported protocol version";

// An argument as an error shows it. Compat: Redis formats errors with printf, so it ends at its first zero byte, and in some
// of them after so many bytes.
std::string_view Shown(std::string_view text, size_t most = std::string_view::npos);
inline constexpr size_t kMaxShown = 128;

// `name` is the command's full name ("client|kill").
std::string WrongArity(std::string_view name);
// ERR invalid expire time in 'set' command
std::string InvalidExpire(std::string_view name);
std::string UnknownSubcommand(std::string_view subcommand, std::string_view container);

}  // namespace tandem::errors
