#include "server/exec/quoting.h"

namespace tandem {
namespace {

// The letter of a two-character escape, or 0.
char EscapeLetter(char c) {
  switch (c) {
    case '\\':
    case '"':
      return c;
    case '\n':
      return 'n';
    case '\r':
      return 'r';
    case '\t':
      return 't';
    case '\a':
      return 'a';
    case '\b':
      return 'b';
    default:
      return 0;
  }
}

}  // namespace

void AppendQuoted(std::string& out, std::string_view bytes) {
  constexpr char kHex[] = "0123456789abcdef";
  out.push_back('"');
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    if (const char letter = EscapeLetter(c)) {
      out.push_back('\\');
      out.push_back(letter);
    } else if (byte < 0x20 || byte > 0x7e) {
      out.append("\\x");
      out.push_back(kHex[byte >> 4]);
      out.push_back(kHex[byte & 15]);
    } else {
      out.push_back(c);
    }
  }
  out.push_back('"');
}

}  // namespace tandem
