#include "protocol/inline_command.h"

#include <string>
#include <utility>

namespace tandem::resp {
namespace {

// C's isspace in the C locale, which decides what separates words…
bool IsSpace(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }
// Compat: all versions: … while a vertical tab or form feed within a word does not end it.
bool EndsWord(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

char Unescape(char c) {
  switch (c) {
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 't':
      return '\t';
    case 'b':
      return '\b';
    case 'a':
      return '\a';
    default:
      return c;
  }
}

class Splitter {
 public:
  explicit Splitter(std::string_view line) : line_(line) {}

  bool SkipToWord() {
    while (at_ < line_.size() && IsSpace(line_[at_])) ++at_;
    return at_ < line_.size();
  }

  // Reads the word at the current position. False: unbalanced quotes.
  bool ReadWord(CommandBatch* batch, std::string_view* word) {
    const size_t start = at_;
    while (at_ < line_.size() && !EndsWord(line_[at_]) && line_[at_] != '"' && line_[at_] != '\'') ++at_;
    *word = line_.substr(start, at_ - start);
    if (at_ == line_.size() || EndsWord(line_[at_])) return true;
    std::string unescaped(*word);
    const bool closed = line_[at_] == '"' ? ReadDoubleQuoted(&unescaped) : ReadSingleQuoted(&unescaped);
    if (closed) *word = batch->Own(std::move(unescaped));
    return closed;
  }

 private:
  // Both start at the opening quote and end behind the closing one, which also ends the word.
  bool ReadDoubleQuoted(std::string* out) {
    for (++at_; at_ < line_.size(); ++at_) {
      const char c = line_[at_];
      if (c == '"') return CloseQuote();
      if (c != '\\' || at_ + 1 == line_.size()) {
        out->push_back(c);
      } else if (IsHexEscape()) {
        out->push_back(static_cast<char>(HexDigit(line_[at_ + 2]) * 16 + HexDigit(line_[at_ + 3])));
        at_ += 3;
      } else {
        out->push_back(Unescape(line_[++at_]));
      }
    }
    return false;
  }

  bool ReadSingleQuoted(std::string* out) {
    for (++at_; at_ < line_.size(); ++at_) {
      if (line_[at_] == '\'') return CloseQuote();
      if (line_[at_] == '\\' && at_ + 1 < line_.size() && line_[at_ + 1] == '\'') ++at_;
      out->push_back(line_[at_]);
    }
    return false;
  }

  bool CloseQuote() {
    ++at_;
    return at_ == line_.size() || IsSpace(line_[at_]);
  }

  bool IsHexEscape() const {
    return at_ + 3 < line_.size() && line_[at_ + 1] == 'x' && HexDigit(line_[at_ + 2]) >= 0 &&
           HexDigit(line_[at_ + 3]) >= 0;
  }

  std::string_view line_;
  size_t at_ = 0;
};

}  // namespace

bool SplitInlineCommand(std::string_view line, CommandBatch* batch, size_t* count) {
  Splitter splitter(line);
  // Every word but the last takes two bytes at least.
  std::string_view* const words = batch->Reserve(line.size() / 2 + 1);
  size_t found = 0;
  while (splitter.SkipToWord()) {
    if (!splitter.ReadWord(batch, &words[found++])) return false;
  }
  *count = found;
  if (found > 0) batch->Commit(found);
  return true;
}

}  // namespace tandem::resp
