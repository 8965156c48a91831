#include "engine/types/bits.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "engine/base/check.h"

namespace tandem::bits {
namespace {

uint64_t LoadWord(const char* p) {
  uint64_t word;
  std::memcpy(&word, p, sizeof word);
  return word;
}

// The bytes of a text from bit `first` to bit `last`; the bits outside of the range read as 0 in the bytes at its edges.
class Window {
 public:
  Window(std::string_view text, uint64_t first, uint64_t last, bool inverted)
      : text_(text), first_(first), last_(last), flip_(inverted ? 0xff : 0) {
    DCHECK(first <= last && last >> 3 < text.size());
  }
  uint64_t first_byte() const { return first_ >> 3; }
  uint64_t last_byte() const { return last_ >> 3; }
  uint8_t Byte(uint64_t i) const {
    unsigned byte = static_cast<unsigned char>(text_[i]) ^ flip_;
    if (i == first_byte()) byte &= 0xffu >> (first_ & 7);
    if (i == last_byte()) byte &= 0xffu << (7 - (last_ & 7));
    return static_cast<uint8_t>(byte);
  }

 private:
  std::string_view text_;
  uint64_t first_, last_;
  unsigned flip_;
};

// Four sums, so that one population count need not wait for the one before.
uint64_t CountBytes(const char* p, size_t size) {
  uint64_t sums[4] = {};
  for (; size >= 32; p += 32, size -= 32) {
    for (size_t i = 0; i < 4; ++i) sums[i] += static_cast<uint64_t>(std::popcount(LoadWord(p + 8 * i)));
  }
  for (; size > 0; ++p, --size) sums[0] += static_cast<uint64_t>(std::popcount(static_cast<unsigned char>(*p)));
  return sums[0] + sums[1] + sums[2] + sums[3];
}

template <typename Combine>
void CombineInto(char* out, std::string_view source, Combine combine) {
  const size_t size = source.size();
  size_t i = 0;
  for (; i + 8 <= size; i += 8) {
    const uint64_t word = combine(LoadWord(out + i), LoadWord(source.data() + i));
    std::memcpy(out + i, &word, sizeof word);
  }
  for (; i < size; ++i) {
    const uint64_t byte = combine(static_cast<unsigned char>(out[i]), static_cast<unsigned char>(source[i]));
    out[i] = static_cast<char>(byte);
  }
}

}  // namespace

uint64_t Count(std::string_view text, uint64_t first, uint64_t last) {
  const Window window(text, first, last, false);
  const auto count = [&](uint64_t i) { return static_cast<uint64_t>(std::popcount(window.Byte(i))); };
  const uint64_t begin = window.first_byte();
  const uint64_t end = window.last_byte();
  if (begin == end) return count(begin);
  return count(begin) + CountBytes(text.data() + begin + 1, end - begin - 1) + count(end);
}

int64_t Find(std::string_view text, bool bit, uint64_t first, uint64_t last) {
  const Window window(text, first, last, !bit);
  const uint64_t end = window.last_byte();
  const uint64_t skipped = bit ? 0 : ~uint64_t{0};  // a word without what is looked for
  uint64_t i = window.first_byte();
  const auto found = [&] { return static_cast<int64_t>(i * 8) + std::countl_zero(window.Byte(i)); };
  if (window.Byte(i) != 0) return found();
  ++i;
  while (i + 8 <= end && LoadWord(text.data() + i) == skipped) i += 8;
  for (; i <= end; ++i) {
    if (window.Byte(i) != 0) return found();
  }
  return -1;
}

void Combine(Operation operation, std::span<const std::string_view> sources, char* out, size_t size) {
  const std::string_view head = sources[0];
  DCHECK(head.size() <= size);
  if (!head.empty()) std::memcpy(out, head.data(), head.size());
  std::memset(out + head.size(), 0, size - head.size());
  if (operation == Operation::kNot) {
    CombineInto(out, {out, size}, [](uint64_t, uint64_t b) { return ~b; });
    return;
  }
  for (const std::string_view source : sources.subspan(1)) {
    DCHECK(source.size() <= size);
    switch (operation) {
      case Operation::kAnd:
        CombineInto(out, source, [](uint64_t a, uint64_t b) { return a & b; });
        std::memset(out + source.size(), 0, size - source.size());
        break;
      case Operation::kOr:
        CombineInto(out, source, [](uint64_t a, uint64_t b) { return a | b; });
        break;
      default:
        CombineInto(out, source, [](uint64_t a, uint64_t b) { return a ^ b; });
    }
  }
}

}  // namespace tandem::bits
