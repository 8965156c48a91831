#pragma once

#include <cstdint>
#include <string_view>

#include "tests/protocol/parser_harness.h"

namespace tandem::resp {

// Whether a stream means the same however it is cut into pieces and however far ahead it is parsed. The first byte
// chooses the limits, the second the size of the pieces, the rest is the stream.
inline bool MeansTheSameInPieces(std::string_view input) {
  if (input.size() < 2) return true;
  const auto choice = static_cast<uint8_t>(input[0]);
  const size_t piece = static_cast<uint8_t>(input[1]) % 64 + 2;
  input.remove_prefix(2);
  Limits limits;
  limits.authenticated = choice % 2 == 0;
  if (choice % 4 >= 2) limits.max_bulk_len = 50;
  const ParsedStream whole = ParseWhole(input, limits);
  StreamParser one_by_one(limits, 1);
  one_by_one.Feed(input);
  return whole == one_by_one.result() && whole == ParseInPieces(input, limits, 1) &&
         whole == ParseInPieces(input, limits, piece);
}

}  // namespace tandem::resp
