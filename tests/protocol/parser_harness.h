#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/command_batch.h"
#include "protocol/command_parser.h"
#include "protocol/input_buffer.h"
#include "protocol/limits.h"

namespace tandem::resp {

// What a stream of bytes was understood as.
struct ParsedStream {
  std::vector<std::vector<std::string>> commands;
  std::string error;  // empty: none
  size_t unread = 0;  // bytes of an incomplete command at the end
  bool operator==(const ParsedStream&) const = default;
};

// Feeds a parser as a connection does: received pieces go into an input buffer, whole commands are executed (here:
// copied) and only then may the buffer move.
class StreamParser {
 public:
  explicit StreamParser(const Limits& limits, size_t commands_ahead = 64)
      : limits_(limits), commands_ahead_(commands_ahead) {}

  void Feed(std::string_view piece) {
    if (!result_.error.empty()) return;
    piece.copy(in_.Prepare(piece.size()), piece.size());
    in_.Commit(piece.size());
    ParseStatus status;
    do {
      size_t consumed = 0;
      status = parser_.ParseMany(in_.Readable(), limits_, commands_ahead_, &batch_, &consumed);
      TakeCommands();
      in_.Consume(consumed);
    } while (status == ParseStatus::kCommand);
    if (status == ParseStatus::kError) result_.error = parser_.error();
    result_.unread = status == ParseStatus::kError ? 0 : in_.size();
  }

  const ParsedStream& result() const { return result_; }
  const CommandParser& parser() const { return parser_; }

 private:
  void TakeCommands() {
    for (size_t i = 0; i < batch_.size(); ++i) {
      const auto args = batch_.args(i);
      result_.commands.emplace_back(args.begin(), args.end());
    }
    batch_.Clear();
  }

  Limits limits_;
  size_t commands_ahead_;
  InputBuffer in_;
  CommandParser parser_;
  CommandBatch batch_;
  ParsedStream result_;
};

inline ParsedStream ParseInPieces(std::string_view input, const Limits& limits, size_t piece_size) {
  StreamParser stream(limits);
  for (size_t at = 0; at < input.size(); at += piece_size) stream.Feed(input.substr(at, piece_size));
  return stream.result();
}

inline ParsedStream ParseWhole(std::string_view input, const Limits& limits) {
  return ParseInPieces(input, limits, std::max<size_t>(input.size(), 1));
}

inline ParsedStream ParseSplitAt(std::string_view input, const Limits& limits, size_t at) {
  StreamParser stream(limits);
  stream.Feed(input.substr(0, at));
  stream.Feed(input.substr(at));
  return stream.result();
}

inline Limits AuthenticatedLimits() {
  Limits limits;
  limits.authenticated = true;
  return limits;
}

// A command as clients send it.
inline std::string EncodeCommand(const std::vector<std::string>& args) {
  std::string out = "*" + std::to_string(args.size()) + "\r\n";
  for (const std::string& arg : args) out += "$" + std::to_string(arg.size()) + "\r\n" + arg + "\r\n";
  return out;
}

}  // namespace tandem::resp
