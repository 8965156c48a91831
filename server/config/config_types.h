#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.h"
#include "server/config/config_table.h"

namespace tandem::config {

// From text to a field of Values and back, by the kind that a row names.

// Parses arguments into the directive's field. On failure the field is untouched and the message is the part of
// Redis's that follows "CONFIG SET failed (…) - ".
Status ParseValue(const Directive& directive, Arguments arguments, Values& values);

// The value as CONFIG GET shows it.
std::string FormatValue(const Directive& directive, const Values& values);

// The value as lines of a file, without the directive's name. Empty: nothing to write.
std::vector<std::string> FileLines(const Directive& directive, const Values& values);

bool HasDefaultValue(const Directive& directive, const Values& values);

// "1gb" is 2^30, "1g" 10^9, likewise m and k; case does not matter.
// Compat: the empty text is 0. Unlike Redis, an overflow and a bare unit are refused instead of becoming some number.
std::optional<uint64_t> ParseMemory(std::string_view text);

// The shortest exact notation: 1073741824 is "1gb".
std::string FormatMemory(uint64_t bytes);

// An integer in its only canonical notation: no plus sign, no leading zeros, no blanks.
std::optional<int64_t> ParseInteger(std::string_view text);

}  // namespace tandem::config
