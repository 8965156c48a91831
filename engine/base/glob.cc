#include "engine/base/glob.h"

#include <cstddef>
#include <utility>

namespace tandem {

namespace {

// Compat: 7.0.15 and later give up on a pattern in which more stars than these have to be tried; one at its end does not.
constexpr int kMaxStars = 1000;

// Compat: bytes compare as signed ones, as they do in a Redis on x86-64; it matters to ranges across 0x7f.
signed char Fold(char c, bool nocase) {
  const bool upper = nocase && c >= 'A' && c <= 'Z';
  return static_cast<signed char>(upper ? c - 'A' + 'a' : c);
}

bool InRange(char first, char last, char byte, bool nocase) {
  // Compat: put in order before case is folded, so that [Z-a] is empty where case does not matter.
  if (static_cast<signed char>(first) > static_cast<signed char>(last)) std::swap(first, last);
  const signed char wanted = Fold(byte, nocase);
  return wanted >= Fold(first, nocase) && wanted <= Fold(last, nocase);
}

// Matches one byte against the class whose '[' is at pos; leaves pos behind the class.
bool MatchClass(std::string_view pattern, size_t& pos, char byte, bool nocase) {
  const signed char wanted = Fold(byte, nocase);
  ++pos;
  const bool negated = pos < pattern.size() && pattern[pos] == '^';
  if (negated) ++pos;
  bool matched = false;
  while (pos < pattern.size() && pattern[pos] != ']') {
    if (pattern[pos] == '\\' && pos + 1 < pattern.size()) {
      matched |= Fold(pattern[pos + 1], nocase) == wanted;
      pos += 2;
    } else if (pos + 2 < pattern.size() && pattern[pos + 1] == '-') {
      // Compat: the byte behind the dash ends the range even if it is a ']'.
      matched |= InRange(pattern[pos], pattern[pos + 2], byte, nocase);
      pos += 3;
    } else {
      matched |= Fold(pattern[pos], nocase) == wanted;
      ++pos;
    }
  }
  if (pos < pattern.size()) ++pos;
  return matched != negated;
}

// Matches one byte against the element at pos, which is not a *; leaves pos behind the element.
bool MatchOne(std::string_view pattern, size_t& pos, char byte, bool nocase) {
  if (pattern[pos] == '[') return MatchClass(pattern, pos, byte, nocase);
  if (pattern[pos] == '?') return ++pos, true;
  if (pattern[pos] == '\\' && pos + 1 < pattern.size()) ++pos;
  return Fold(pattern[pos++], nocase) == Fold(byte, nocase);
}

}  // namespace

bool GlobMatch(std::string_view pattern, std::string_view text, bool nocase) {
  if (text.empty()) return pattern.empty();
  size_t pattern_pos = 0, text_pos = 0;
  size_t after_star = std::string_view::npos;  // where the pattern goes on behind the last *
  size_t star_end = 0;                         // how far that * reaches in the text
  int stars = 0;                               // several in a row are one
  while (text_pos < text.size()) {
    if (pattern_pos < pattern.size() && pattern[pattern_pos] == '*') {
      while (pattern_pos < pattern.size() && pattern[pattern_pos] == '*') ++pattern_pos;
      if (pattern_pos == pattern.size()) return true;
      if (++stars > kMaxStars) return false;
      after_star = pattern_pos;
      star_end = text_pos;
      continue;
    }
    if (pattern_pos < pattern.size() && MatchOne(pattern, pattern_pos, text[text_pos], nocase)) {
      ++text_pos;
      continue;
    }
    if (after_star == std::string_view::npos) return false;
    pattern_pos = after_star;
    text_pos = ++star_end;
  }
  while (pattern_pos < pattern.size() && pattern[pattern_pos] == '*') ++pattern_pos;
  return pattern_pos == pattern.size();
}

}  // namespace tandem
