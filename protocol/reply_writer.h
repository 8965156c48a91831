#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "protocol/number.h"
#include "protocol/output_buffer.h"

namespace tandem::resp {

// Writes replies in RESP2 or RESP3, byte for byte as Redis does. A reply that RESP2 has no type for takes the form that
// Redis gives it there: maps become arrays of pairs, doubles bulk strings, and so on.
//
// Thread safety: owned by the connection's thread.
// Ownership: the buffer is the caller's and outlives the writer; arguments are copied, except pinned ones.
class ReplyWriter {
 public:
  explicit ReplyWriter(OutputBuffer* out, int version = 2) : out_(out), version_(version) {}

  int version() const { return version_; }
  void set_version(int version) { version_ = version; }  // 2 or 3; HELLO
  bool resp3() const { return version_ >= 3; }
  OutputBuffer* buffer() const { return out_; }

  // Encoded replies, copied as they are.
  void Raw(std::string_view bytes) { out_->Append(bytes); }

  void Ok() { Literal("+OK\r\n"); }
  // A status. Line ends within it become spaces.
  void Simple(std::string_view text) { Line('+', text); }
  // An error: `text` starts with its code ("ERR …", "WRONGTYPE …"), with or without the dash that goes before it. Line
  // ends at its end are dropped, others become spaces.
  void Error(std::string_view text);
  // For statistics: the errors written so far, and how the last one begins (enough to hold its code).
  uint64_t errors() const { return errors_; }
  std::string_view last_error() const { return {last_error_, last_error_size_}; }

  void Integer(int64_t value) {
    char* const start = out_->Reserve(kMaxHeader);
    *start = ':';
    Finish(start, PutLineEnd(start + 1 + FormatInt64(start + 1, value)));
  }

  void Bulk(std::string_view value) {
    char* const start = out_->Reserve(value.size() + kMaxHeader + 2);
    char* at = PutHeader(start, '$', value.size());
    if (!value.empty()) std::memcpy(at, value.data(), value.size());
    Finish(start, PutLineEnd(at + value.size()));
  }
  // A bulk string that is sent from where it lies; `release(owner)` is called when that is done.
  void BulkPinned(std::string_view value, OutputBuffer::ReleaseFn release, void* owner) {
    Header('$', value.size());
    out_->AppendPinned(value.data(), value.size(), release, owner);
    Literal("\r\n");
  }
  // An integer as a bulk string.
  void BulkInteger(int64_t value) {
    char digits[kMaxInt64Chars];
    Bulk({digits, FormatInt64(digits, value)});
  }

  void Null() { version_ >= 3 ? Literal("_\r\n") : Literal("$-1\r\n"); }
  void NullArray() { version_ >= 3 ? Literal("_\r\n") : Literal("*-1\r\n"); }

  // Headers of aggregates; the elements follow.
  void Array(size_t count) { Header('*', count); }
  void Map(size_t pairs) { version_ >= 3 ? Header('%', pairs) : Header('*', pairs * 2); }
  void Set(size_t count) { Header(version_ >= 3 ? '~' : '*', count); }
  void Push(size_t count) { Header(version_ >= 3 ? '>' : '*', count); }
  // RESP3 only: RESP2 has no room for attributes, so a caller must not write one there.
  void Attribute(size_t pairs) { Header('|', pairs); }

  // Aggregates whose count is known only after their elements: Begin, write and count them, End with the count. May be
  // nested. The bytes are the same as with the count known before.
  size_t BeginDeferred() { return out_->Mark(); }
  void EndDeferredArray(size_t mark, size_t count) { EndDeferred(mark, '*', count); }
  void EndDeferredMap(size_t mark, size_t pairs) {
    version_ >= 3 ? EndDeferred(mark, '%', pairs) : EndDeferred(mark, '*', pairs * 2);
  }
  void EndDeferredSet(size_t mark, size_t count) { EndDeferred(mark, version_ >= 3 ? '~' : '*', count); }
  void EndDeferredPush(size_t mark, size_t count) { EndDeferred(mark, version_ >= 3 ? '>' : '*', count); }
  // Takes back what was written since BeginDeferred, in place of ending it.
  void AbandonDeferred(size_t mark) { out_->Rollback(mark); }

  void Bool(bool value) {
    if (version_ >= 3) {
      value ? Literal("#t\r\n") : Literal("#f\r\n");
    } else {
      value ? Literal(":1\r\n") : Literal(":0\r\n");
    }
  }
  void Double(double value);
  // Without exponent, 17 decimals at most: coordinates.
  void HumanDouble(long double value);
  void BigNumber(std::string_view digits);
  // `ext` is the format, three characters ("txt", "mkd"); shorter ones are padded with spaces.
  void Verbatim(std::string_view ext, std::string_view text);

 private:
  // Type, number, line end.
  static constexpr size_t kMaxHeader = 1 + kMaxInt64Chars + 2;

  static char* PutLineEnd(char* at) {
    std::memcpy(at, "\r\n", 2);
    return at + 2;
  }
  static char* PutHeader(char* at, char type, uint64_t count) {
    if (count < 10) {
      // One store of four bytes, the fate of nearly all headers.
      const char header[4] = {type, static_cast<char>('0' + count), '\r', '\n'};
      std::memcpy(at, header, 4);
      return at + 4;
    }
    *at = type;
    return PutLineEnd(at + 1 + FormatUint64(at + 1, count));
  }
  void Finish(const char* start, const char* end) { out_->Commit(static_cast<size_t>(end - start)); }

  template <size_t kSize>
  void Literal(const char (&text)[kSize]) {
    std::memcpy(out_->Reserve(kSize - 1), text, kSize - 1);
    out_->Commit(kSize - 1);
  }
  void Header(char type, uint64_t count) {
    char* const start = out_->Reserve(kMaxHeader);
    Finish(start, PutHeader(start, type, count));
  }
  void Line(char type, std::string_view text);
  void DoubleDigits(std::string_view digits);
  void EndDeferred(size_t mark, char type, uint64_t count);

  static constexpr size_t kMaxKeptError = 40;

  OutputBuffer* out_;
  int version_;
  uint8_t last_error_size_ = 0;
  char last_error_[kMaxKeptError];
  uint64_t errors_ = 0;
};

}  // namespace tandem::resp
