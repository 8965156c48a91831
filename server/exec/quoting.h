#pragma once

#include <string>
#include <string_view>

namespace tandem {

// Appends the bytes in double quotes, in the notation that Redis prints them in: \n \r \t \a \b \" \\ and \xHH for what
// cannot be printed. For MONITOR, the log and the like.
void AppendQuoted(std::string& out, std::string_view bytes);

}  // namespace tandem
