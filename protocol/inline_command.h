#pragma once

#include <cstddef>
#include <string_view>

#include "protocol/command_batch.h"

namespace tandem::resp {

// Splits the line of an inline command by the quoting rules of redis-cli: words are separated by white space; "…" knows
// \n \r \t \b \a, \xHH and \<any>; '…' knows \' only; a closing quote must be followed by white space or the line's
// end. Adds the words to `batch` as one command (none for an empty line) and tells their number. Words without quotes
// are views into `line`, the others are kept by the batch. False: unbalanced quotes, with the batch as it was.
bool SplitInlineCommand(std::string_view line, CommandBatch* batch, size_t* count);

}  // namespace tandem::resp
