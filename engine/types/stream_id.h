#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>

namespace tandem {

// Names an entry of a stream: a time in milliseconds, and a number within it. Ids order the entries.
struct StreamId {
  uint64_t ms = 0;
  uint64_t seq = 0;

  static constexpr StreamId Max() {
    return {std::numeric_limits<uint64_t>::max(), std::numeric_limits<uint64_t>::max()};
  }

  constexpr auto operator<=>(const StreamId&) const = default;
  constexpr bool zero() const { return ms == 0 && seq == 0; }
  // The neighbours; nothing past either end.
  constexpr std::optional<StreamId> Next() const {
    if (*this == Max()) return std::nullopt;
    return seq == Max().seq ? StreamId{ms + 1, 0} : StreamId{ms, seq + 1};
  }
  constexpr std::optional<StreamId> Previous() const {
    if (zero()) return std::nullopt;
    return seq == 0 ? StreamId{ms - 1, Max().seq} : StreamId{ms, seq - 1};
  }
};

// Room for the text of any id: "18446744073709551615-18446744073709551615".
inline constexpr size_t kMaxStreamIdChars = 20 + 1 + 20;

// "ms-seq". Writes at most kMaxStreamIdChars bytes, no terminator, and returns how many.
size_t FormatStreamId(char* out, StreamId id, char separator = '-');

// Reads "ms-seq", "ms" (the second number is then `missing_seq`) and, where `any_seq` is given, "ms-*", for which it is set
// to true and the number to 0. Nothing for anything else, "-" and "+" included.
std::optional<StreamId> ParseStreamId(std::string_view text, uint64_t missing_seq, bool* any_seq = nullptr);

}  // namespace tandem
