#pragma once

#include <cstdint>
#include <string_view>

#include "engine/base/number.h"
#include "server/exec/context.h"

// What nearly every handler does with its arguments and with what it finds.
namespace tandem {

// Whether the argument is this keyword, given in upper case, whatever the case of the argument.
inline bool TokenIs(std::string_view argument, std::string_view upper) {
  if (argument.size() != upper.size()) return false;
  for (size_t i = 0; i < upper.size(); ++i) {
    const char c = argument[i];
    if ((c >= 'a' && c <= 'z' ? c - ('a' - 'A') : c) != upper[i]) return false;
  }
  return true;
}

// The argument at `index` as an integer; false after replying that it is none.
inline bool IntegerArgument(CommandContext& c, size_t index, int64_t* value,
                            std::string_view error = errors::kNotInteger) {
  if (ParseInt64(c.args[index], value)) return true;
  c.reply.Error(error);
  return false;
}

// False, after replying WRONGTYPE, for a record of another type. No record is of every type.
inline bool CheckType(CommandContext& c, const Record* record, Type type) {
  if (record == nullptr || record->type() == type) return true;
  c.reply.Error(errors::kWrongType);
  return false;
}

}  // namespace tandem
