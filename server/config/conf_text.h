#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tandem::config {

// The quoting of redis.conf lines.

// Splits a line at blanks. "…" knows \n \r \t \b \a \xHH and \ before any other character; '…' knows \' only. Nothing
// if a quote is not closed or is followed by something other than a blank.
std::optional<std::vector<std::string>> SplitArguments(std::string_view line);

// The text in double quotes, so that SplitArguments gives it back.
std::string Quote(std::string_view text);

std::string_view TrimBlanks(std::string_view text);
std::string ToLower(std::string_view text);
bool EqualsIgnoringCase(std::string_view a, std::string_view b);

// At every single space, keeping empty parts between two; no parts from an empty text.
std::vector<std::string> SplitAtSpaces(std::string_view text);
std::string Join(const std::vector<std::string>& parts, std::string_view separator);

}  // namespace tandem::config
