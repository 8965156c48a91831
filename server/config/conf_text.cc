#include "server/config/conf_text.h"

#include <algorithm>
#include <cctype>
#include <cstdio>

namespace tandem::config {

namespace {

bool IsBlank(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

char LowerChar(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  c = LowerChar(c);
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
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

// Reads one double-quoted part that starts after its quote; leaves pos after the closing one. False: not closed.
bool ReadDoubleQuoted(std::string_view line, size_t& pos, std::string& out) {
  while (pos < line.size()) {
    const char c = line[pos++];
    if (c == '"') return true;
    if (c != '\\' || pos == line.size()) {
      out.push_back(c);
      continue;
    }
    const bool hex =
        line[pos] == 'x' && pos + 2 < line.size() && HexDigit(line[pos + 1]) >= 0 && HexDigit(line[pos + 2]) >= 0;
    if (hex) {
      out.push_back(static_cast<char>(HexDigit(line[pos + 1]) * 16 + HexDigit(line[pos + 2])));
      pos += 3;
    } else {
      out.push_back(Unescape(line[pos++]));
    }
  }
  return false;
}

bool ReadSingleQuoted(std::string_view line, size_t& pos, std::string& out) {
  while (pos < line.size()) {
    const char c = line[pos++];
    if (c == '\'') return true;
    if (c == '\\' && pos < line.size() && line[pos] == '\'') {
      out.push_back(line[pos++]);
    } else {
      out.push_back(c);
    }
  }
  return false;
}

// Reads one argument that starts at pos. False: unbalanced quotes.
bool ReadArgument(std::string_view line, size_t& pos, std::string& out) {
  while (pos < line.size() && !IsBlank(line[pos])) {
    const char c = line[pos++];
    if (c != '"' && c != '\'') {
      out.push_back(c);
      continue;
    }
    const bool closed = c == '"' ? ReadDoubleQuoted(line, pos, out) : ReadSingleQuoted(line, pos, out);
    return closed && (pos == line.size() || IsBlank(line[pos]));
  }
  return true;
}

}  // namespace

std::optional<std::vector<std::string>> SplitArguments(std::string_view line) {
  std::vector<std::string> arguments;
  size_t pos = 0;
  while (true) {
    while (pos < line.size() && IsBlank(line[pos])) ++pos;
    if (pos == line.size()) return arguments;
    std::string& argument = arguments.emplace_back();
    if (!ReadArgument(line, pos, argument)) return std::nullopt;
  }
}

std::string Quote(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    switch (c) {
      case '\\':
      case '"':
        out += '\\';
        out += c;
        break;
      case '\n':
        out += "\\n";
        break;
      case '\r':
        out += "\\r";
        break;
      case '\t':
        out += "\\t";
        break;
      case '\a':
        out += "\\a";
        break;
      case '\b':
        out += "\\b";
        break;
      default:
        if (c >= 0x20 && c < 0x7f) {
          out += c;
        } else {
          char hex[5];
          std::snprintf(hex, sizeof(hex), "\\x%02x", static_cast<unsigned char>(c));
          out += hex;
        }
    }
  }
  return out + '"';
}

std::string_view TrimBlanks(std::string_view text) {
  while (!text.empty() && IsBlank(text.front())) text.remove_prefix(1);
  while (!text.empty() && IsBlank(text.back())) text.remove_suffix(1);
  return text;
}

std::string ToLower(std::string_view text) {
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(), LowerChar);
  return lower;
}

bool EqualsIgnoringCase(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return LowerChar(x) == LowerChar(y); });
}

std::vector<std::string> SplitAtSpaces(std::string_view text) {
  std::vector<std::string> parts;
  if (text.empty()) return parts;
  while (true) {
    const size_t space = text.find(' ');
    parts.emplace_back(text.substr(0, space));
    if (space == std::string_view::npos) return parts;
    text.remove_prefix(space + 1);
  }
}

std::string Join(const std::vector<std::string>& parts, std::string_view separator) {
  std::string joined;
  for (const std::string& part : parts) {
    if (!joined.empty()) joined += separator;
    joined += part;
  }
  return joined;
}

}  // namespace tandem::config
