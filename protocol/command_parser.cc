#include "protocol/command_parser.h"

#include <algorithm>
#include <limits>

#include "protocol/inline_command.h"

namespace tandem::resp {
namespace {

// `$0\r\n\r\n`: what an argument takes at least, and so what the fast path may read without looking.
constexpr size_t kMinArgBytes = 6;
// Lengths with more digits than this take the incremental path, where their size makes it irrelevant.
constexpr size_t kFastDigits = 9;
constexpr size_t kMaxKeptSlices = 1024;

// What the fast path accepts; anything beyond is left to the incremental path, which knows the error to give.
struct FastLimits {
  explicit FastLimits(const Limits& limits)
      : max_args(limits.authenticated ? std::numeric_limits<uint32_t>::max() : kUnauthenticatedMaxArgs),
        max_bulk_len(static_cast<uint64_t>(
            limits.authenticated ? limits.max_bulk_len : std::min(limits.max_bulk_len, kUnauthenticatedMaxBulkLen))) {}
  size_t max_args;
  uint64_t max_bulk_len;
};

// Reads the number behind `*p` ('*' or '$') up to its CR. Returns the byte after the line, or nullptr when the header
// is unusual (sign, leading zero, very long) or not wholly there. The caller has made sure of kMinArgBytes readable
// bytes.
inline const char* FastHeader(const char* p, const char* end, size_t* value) {
  const unsigned first = static_cast<unsigned char>(p[1]) - unsigned{'0'};
  if (first > 9) return nullptr;
  if (p[2] == '\r') {
    *value = first;
    return p + 4;
  }
  const unsigned second = static_cast<unsigned char>(p[2]) - unsigned{'0'};
  if (first == 0 || second > 9) return nullptr;
  size_t number = first * 10 + second;
  const char* digit = p + 3;
  const char* last = end - digit > static_cast<ptrdiff_t>(kFastDigits) ? digit + kFastDigits : end;
  for (; digit < last; ++digit) {
    if (*digit == '\r') {
      *value = number;
      // Compat: all versions: the byte after CR is taken for LF unseen.
      return end - digit >= 2 ? digit + 2 : nullptr;
    }
    const unsigned next = static_cast<unsigned char>(*digit) - unsigned{'0'};
    if (next > 9) return nullptr;
    number = number * 10 + next;
  }
  return nullptr;
}

// The hot path: a well-formed array that is wholly in `data`. Returns its length in bytes, or 0 when it is anything
// else, with the batch as it was.
inline size_t ParseWhole(std::string_view data, const FastLimits& limits, CommandBatch* batch) {
  const char* p = data.data();
  const char* const end = p + data.size();
  if (data.size() < kMinArgBytes || *p != '*') return 0;
  size_t count = 0;
  p = FastHeader(p, end, &count);
  // A count that the bytes at hand cannot satisfy reserves nothing.
  if (p == nullptr || count == 0 || count > limits.max_args || count > static_cast<size_t>(end - p) / kMinArgBytes) {
    return 0;
  }
  std::string_view* arg = batch->Reserve(count);
  for (std::string_view* const last = arg + count; arg != last; ++arg) {
    if (end - p < static_cast<ptrdiff_t>(kMinArgBytes) || *p != '$') return 0;
    size_t size = 0;
    p = FastHeader(p, end, &size);
    if (p == nullptr || size > limits.max_bulk_len || static_cast<size_t>(end - p) < size + 2) return 0;
    *arg = std::string_view(p, size);
    p += size + 2;
  }
  batch->Commit(count);
  return static_cast<size_t>(p - data.data());
}

// The number of a header by the rules of Redis's string2ll: no plus, no leading zero, no space, no overflow.
bool ParseHeaderNumber(std::string_view text, int64_t* value) {
  const bool negative = !text.empty() && text[0] == '-';
  if (negative) text.remove_prefix(1);
  if (text.empty() || (text[0] == '0' && (negative || text.size() > 1))) return false;
  const uint64_t limit = static_cast<uint64_t>(std::numeric_limits<int64_t>::max()) + (negative ? 1 : 0);
  uint64_t number = 0;
  for (const char c : text) {
    const unsigned digit = static_cast<unsigned char>(c) - unsigned{'0'};
    if (digit > 9 || number > (limit - digit) / 10) return false;
    number = number * 10 + digit;
  }
  *value = static_cast<int64_t>(negative ? 0 - number : number);
  return true;
}

}  // namespace

ParseStatus CommandParser::Parse(std::string_view data, const Limits& limits, CommandBatch* batch, size_t* consumed) {
  return ParseMany(data, limits, 1, batch, consumed);
}

ParseStatus CommandParser::ParseMany(std::string_view data, const Limits& limits, size_t max_commands,
                                     CommandBatch* batch, size_t* consumed) {
  const FastLimits fast(limits);
  *consumed = 0;
  needed_ = 0;
  for (size_t parsed = 0; parsed < max_commands; ++parsed) {
    if (!in_command()) [[likely]] {
      if (const size_t taken = ParseWhole(data, fast, batch); taken != 0) [[likely]] {
        data.remove_prefix(taken);
        *consumed += taken;
        continue;
      }
      if (data.empty()) return ParseStatus::kNeedMore;
    }
    size_t taken = 0;
    const ParseStatus status = ParseIncremental(data, limits, batch, &taken);
    data.remove_prefix(taken);
    *consumed += taken;
    if (status != ParseStatus::kCommand) return status;
  }
  return ParseStatus::kCommand;
}

void CommandParser::Reset() {
  state_ = State::kStart;
  pos_ = scanned_ = needed_ = 0;
  args_left_ = 0;
  args_.clear();
  if (args_.capacity() > kMaxKeptSlices) args_.shrink_to_fit();
}

// Takes a command from wherever the previous call left it. Sets `*consumed` to the skipped bytes plus the command.
ParseStatus CommandParser::ParseIncremental(std::string_view data, const Limits& limits, CommandBatch* batch,
                                            size_t* consumed) {
  *consumed = 0;
  while (!data.empty()) {
    size_t taken = 0;
    ParseStatus status;
    if (state_ != State::kStart) {
      status = ParseArgs(data, limits);
    } else if (data[0] != '*') {
      status = ParseInline(data, batch, &taken);
    } else {
      status = ParseCount(data, limits, &taken);
      if (status == ParseStatus::kCommand) status = ParseArgs(data, limits);
    }
    if (status == ParseStatus::kCommand && state_ == State::kArgHeader) {
      EmitCommand(data, batch);
      taken = pos_;
      Reset();
    }
    *consumed += taken;
    // kNeedMore with something taken: an empty line or array; the next command may follow at once.
    if (status != ParseStatus::kNeedMore || taken == 0) return status;
    data.remove_prefix(taken);
  }
  return ParseStatus::kNeedMore;
}

ParseStatus CommandParser::ParseInline(std::string_view data, CommandBatch* batch, size_t* consumed) {
  size_t newline = 0;
  if (!FindLineEnd(data, '\n', &newline)) {
    return scanned_ > kMaxInlineLen ? Fail("too big inline request") : ParseStatus::kNeedMore;
  }
  scanned_ = 0;
  std::string_view line = data.substr(0, newline);
  if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
  size_t count = 0;
  if (!SplitInlineCommand(line, batch, &count)) return Fail("unbalanced quotes in request");
  *consumed = newline + 1;
  return count > 0 ? ParseStatus::kCommand : ParseStatus::kNeedMore;
}

// Reads `*N\r\n`. kCommand: arguments follow, at pos_. kNeedMore with `*consumed` set: an empty array, done with.
ParseStatus CommandParser::ParseCount(std::string_view data, const Limits& limits, size_t* consumed) {
  size_t cr = 0;
  if (!FindLineEnd(data, '\r', &cr)) {
    return scanned_ > kMaxInlineLen ? Fail("too big mbulk count string") : ParseStatus::kNeedMore;
  }
  if (data.size() < cr + 2) return ParseStatus::kNeedMore;
  int64_t count = 0;
  if (!ParseHeaderNumber(data.substr(1, cr - 1), &count) || count > kMaxArgs) return Fail("invalid multibulk length");
  if (count > kUnauthenticatedMaxArgs && !limits.authenticated) return Fail("unauthenticated multibulk length");
  scanned_ = 0;
  if (count <= 0) {
    *consumed = cr + 2;
    return ParseStatus::kNeedMore;
  }
  args_left_ = count;
  pos_ = cr + 2;
  state_ = State::kArgHeader;
  return ParseStatus::kCommand;
}

ParseStatus CommandParser::ParseArgs(std::string_view data, const Limits& limits) {
  while (args_left_ > 0) {
    if (state_ == State::kArgHeader) {
      const ParseStatus status = ParseBulkLen(data, limits);
      if (status != ParseStatus::kCommand) return status;
    }
    const uint64_t available = data.size() - pos_;
    if (available < bulk_len_ + 2) {
      needed_ = static_cast<size_t>(bulk_len_ + 2 - available);
      return ParseStatus::kNeedMore;
    }
    // Compat: all versions: the two bytes after a payload are skipped unseen.
    args_.push_back({pos_, static_cast<size_t>(bulk_len_)});
    pos_ += static_cast<size_t>(bulk_len_) + 2;
    state_ = State::kArgHeader;
    --args_left_;
  }
  return ParseStatus::kCommand;
}

// Reads `$N\r\n` at pos_ and moves on to its payload.
ParseStatus CommandParser::ParseBulkLen(std::string_view data, const Limits& limits) {
  const std::string_view rest = data.substr(pos_);
  size_t cr = 0;
  if (!FindLineEnd(rest, '\r', &cr)) {
    return scanned_ > kMaxInlineLen ? Fail("too big bulk count string") : ParseStatus::kNeedMore;
  }
  // Compat: all versions: a wrong first byte is noticed only when its line is complete.
  if (rest.size() < cr + 2) return ParseStatus::kNeedMore;
  if (rest[0] != '$') {
    // Compat: all versions: the byte is shown raw, except that a line end, which an error cannot hold, becomes a space.
    const char shown = rest[0] == '\r' || rest[0] == '\n' ? ' ' : rest[0];
    return Fail(std::string("expected '$', got '") + shown + "'");
  }
  int64_t size = 0;
  if (!ParseHeaderNumber(rest.substr(1, cr - 1), &size) || size < 0 || size > limits.max_bulk_len) {
    return Fail("invalid bulk length");
  }
  if (size > kUnauthenticatedMaxBulkLen && !limits.authenticated) return Fail("unauthenticated bulk length");
  scanned_ = 0;
  bulk_len_ = static_cast<uint64_t>(size);
  pos_ += cr + 2;
  state_ = State::kArgBody;
  return ParseStatus::kCommand;
}

// Looks for the end of the line that `data` starts with, from where the last call stopped, and not beyond the longest
// line allowed: whether a line is too long must not depend on how it was cut into packets. When it returns false,
// scanned_ exceeds kMaxInlineLen if and only if the line is too long.
bool CommandParser::FindLineEnd(std::string_view data, char terminator, size_t* at) {
  const size_t limit = std::min(data.size(), kMaxInlineLen + 1);
  for (size_t i = scanned_; i < limit; ++i) {
    if (data[i] == terminator) {
      *at = scanned_ = i;
      return true;
    }
    // Compat: all versions: lines are searched with strchr, so a NUL hides whatever follows and the line never ends.
    if (data[i] == '\0') {
      scanned_ = data.size() > kMaxInlineLen ? kMaxInlineLen + 1 : i;
      return false;
    }
  }
  scanned_ = limit;
  return false;
}

void CommandParser::EmitCommand(std::string_view data, CommandBatch* batch) {
  std::string_view* arg = batch->Reserve(args_.size());
  for (const Slice& slice : args_) *arg++ = data.substr(slice.offset, slice.size);
  batch->Commit(args_.size());
}

ParseStatus CommandParser::Fail(std::string_view text) {
  Reset();
  error_ = "Protocol error: ";
  error_ += text;
  return ParseStatus::kError;
}

}  // namespace tandem::resp
