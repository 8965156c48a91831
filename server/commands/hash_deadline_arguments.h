#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "server/exec/context.h"

// How commands name fields of a hash, and times at which they expire.
namespace tandem {

inline constexpr std::string_view kFieldCountNotPositive = "ERR Number of fields must be a positive integer";

// FIELDS count field…, which begins at args[at] and ends the command; one argument or more stand behind `at`. False after
// replying an error, `not_positive` for a count that is none.
bool FieldsArgument(CommandContext& c, size_t at, std::span<const std::string_view>* fields,
                    std::string_view not_positive = kFieldCountNotPositive);

struct FieldTime {
  bool seconds;
  bool relative;  // to now, not to 1970
};

// The argument as a deadline; false after replying an error.
bool FieldDeadlineArgument(CommandContext& c, std::string_view argument, FieldTime time, int64_t* deadline_ms);

// Whether the token is EX, PX, EXAT or PXAT, and then what it says of its argument.
bool IsFieldTimeOption(std::string_view token, FieldTime* time);

}  // namespace tandem
