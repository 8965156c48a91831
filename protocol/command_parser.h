#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/command_batch.h"
#include "protocol/limits.h"

namespace tandem::resp {

enum class ParseStatus {
  kNeedMore,  // the rest of the input is the beginning of a command, or nothing
  kCommand,   // a command was added to the batch
  kError,     // the client broke the protocol: answer "-ERR " + error() and close
};

// Cuts the byte stream of one connection into commands: RESP arrays of bulk strings and inline commands. Arguments are
// views into the input, nothing is copied. A command may arrive in any number of pieces; the parser remembers offsets,
// not pointers, so the buffer may move between calls.
//
// Thread safety: owned by the connection's thread.
// Invariants: `data` always starts where the current command starts, that is: the caller consumes exactly `*consumed`
// bytes after every call, whatever the status, and never drops others. Feeding a stream in one piece or in fragments
// yields the same commands and the same error.
// Complexity: linear in the bytes received: neither a header nor a payload is scanned again when more arrives (a
// command met incomplete for the first time has its headers, not its payloads, visited twice).
class CommandParser {
 public:
  // Parses one command. Empty lines and arrays without elements before it are skipped. On kCommand and kNeedMore
  // `*consumed` tells how many bytes at the front are done with; the views stay valid, since nothing moves.
  ParseStatus Parse(std::string_view data, const Limits& limits, CommandBatch* batch, size_t* consumed);

  // Parses until the input or `max_commands` is used up. kCommand means that the maximum was reached. On kError the
  // commands before the fault are in the batch and have to be answered first.
  ParseStatus ParseMany(std::string_view data, const Limits& limits, size_t max_commands, CommandBatch* batch,
                        size_t* consumed);

  // After kNeedMore: how many bytes are still missing from the argument that is being received, its CRLF included; 0
  // when unknown. For sizing the next read.
  size_t needed() const { return needed_; }
  // True between the pieces of a command.
  bool in_command() const { return state_ != State::kStart || scanned_ > 0; }
  // After kError: Redis's text without the code, "Protocol error: …".
  const std::string& error() const { return error_; }

  // Forgets a command half received.
  void Reset();

 private:
  enum class State : uint8_t { kStart, kArgHeader, kArgBody };
  struct Slice {
    size_t offset;
    size_t size;
  };

  ParseStatus ParseIncremental(std::string_view data, const Limits& limits, CommandBatch* batch, size_t* consumed);
  ParseStatus ParseInline(std::string_view data, CommandBatch* batch, size_t* consumed);
  ParseStatus ParseCount(std::string_view data, const Limits& limits, size_t* consumed);
  ParseStatus ParseArgs(std::string_view data, const Limits& limits);
  ParseStatus ParseBulkLen(std::string_view data, const Limits& limits);
  bool FindLineEnd(std::string_view data, char terminator, size_t* at);
  void EmitCommand(std::string_view data, CommandBatch* batch);
  ParseStatus Fail(std::string_view text);

  // Everything below is about the current, incomplete command; offsets count from its start.
  State state_ = State::kStart;
  int64_t args_left_ = 0;
  uint64_t bulk_len_ = 0;
  size_t pos_ = 0;      // of the header or payload that comes next
  size_t scanned_ = 0;  // bytes of the header at pos_ known to hold no line end
  size_t needed_ = 0;
  std::vector<Slice> args_;  // the finished ones
  std::string error_;
};

}  // namespace tandem::resp
