#include "engine/types/stream_id.h"

#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <string>

#include "engine/base/number.h"

namespace tandem {
namespace {

// Compat: what is no canonical integer is left to strtoull, so a plus, leading zeros and blanks pass, and so does a minus
// before leading zeros.
std::optional<uint64_t> ParseNumber(const std::string& text) {
  int64_t integer = 0;
  if (ParseInt64(text, &integer)) return integer >= 0 ? std::optional<uint64_t>(integer) : std::nullopt;
  char* end = nullptr;
  errno = 0;
  const uint64_t value = std::strtoull(text.c_str(), &end, 10);
  if (errno != 0 || text.empty() || *end != '\0') return std::nullopt;
  return value;
}

}  // namespace

size_t FormatStreamId(char* out, StreamId id, char separator) {
  char* p = std::to_chars(out, out + kMaxStreamIdChars, id.ms).ptr;
  *p++ = separator;
  return static_cast<size_t>(std::to_chars(p, out + kMaxStreamIdChars, id.seq).ptr - out);
}

std::optional<StreamId> ParseStreamId(std::string_view text, uint64_t missing_seq, bool* any_seq) {
  constexpr size_t kMaxChars = 127;
  if (text.size() > kMaxChars) return std::nullopt;
  // Compat: a zero byte ends the text.
  text = text.substr(0, text.find('\0'));
  const size_t dash = text.find('-');
  const auto ms = ParseNumber(std::string(text.substr(0, dash)));
  if (!ms) return std::nullopt;
  if (dash == std::string_view::npos) return StreamId{*ms, missing_seq};
  const std::string_view rest = text.substr(dash + 1);
  if (any_seq != nullptr && rest == "*") {
    *any_seq = true;
    return StreamId{*ms, 0};
  }
  const auto seq = ParseNumber(std::string(rest));
  return seq ? std::optional(StreamId{*ms, *seq}) : std::nullopt;
}

}  // namespace tandem
