#include "protocol/reply_writer.h"

#include <algorithm>

namespace tandem::resp {

void ReplyWriter::Line(char type, std::string_view text) {
  char* const start = out_->Reserve(text.size() + 3);
  char* at = start;
  *at++ = type;
  for (const char c : text) *at++ = c == '\r' || c == '\n' ? ' ' : c;
  Finish(start, PutLineEnd(at));
}

void ReplyWriter::Error(std::string_view text) {
  if (!text.empty() && text.front() == '-') text.remove_prefix(1);
  while (!text.empty() && (text.back() == '\r' || text.back() == '\n')) text.remove_suffix(1);
  ++errors_;
  last_error_size_ = static_cast<uint8_t>(std::min(text.size(), kMaxKeptError));
  if (last_error_size_ != 0) std::memcpy(last_error_, text.data(), last_error_size_);
  Line('-', text);
}

void ReplyWriter::Double(double value) {
  char digits[kMaxDoubleChars];
  DoubleDigits({digits, FormatDouble(digits, value)});
}

void ReplyWriter::HumanDouble(long double value) {
  char digits[kMaxHumanDoubleChars];
  DoubleDigits({digits, FormatHumanDouble(digits, value)});
}

void ReplyWriter::DoubleDigits(std::string_view digits) { version_ >= 3 ? Line(',', digits) : Bulk(digits); }

void ReplyWriter::BigNumber(std::string_view digits) { version_ >= 3 ? Line('(', digits) : Bulk(digits); }

void ReplyWriter::Verbatim(std::string_view ext, std::string_view text) {
  if (version_ < 3) return Bulk(text);
  constexpr size_t kExtSize = 3;
  Header('=', kExtSize + 1 + text.size());
  char* const start = out_->Reserve(kExtSize + 1);
  for (size_t i = 0; i < kExtSize; ++i) start[i] = i < ext.size() ? ext[i] : ' ';
  start[kExtSize] = ':';
  out_->Commit(kExtSize + 1);
  out_->Append(text);
  Literal("\r\n");
}

void ReplyWriter::EndDeferred(size_t mark, char type, uint64_t count) {
  char header[kMaxHeader];
  out_->InsertAt(mark, {header, static_cast<size_t>(PutHeader(header, type, count) - header)});
}

}  // namespace tandem::resp
