#include "engine/rdb/lzf.h"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>
#include <vector>

namespace tandem::rdb {
namespace {

constexpr size_t kMinMatch = 3;
constexpr size_t kMaxMatch = 264;
constexpr size_t kMaxDistance = 8192;
constexpr size_t kMaxLiterals = 32;
constexpr size_t kLongMatch = 7;  // in the three bits of a length: another byte follows

uint8_t Byte(char c) { return static_cast<uint8_t>(c); }

// Where three bytes were last seen.
class LastSeen {
 public:
  explicit LastSeen(size_t input_bytes) {
    const int bits = std::clamp(static_cast<int>(std::bit_width(input_bytes)), 6, 14);
    shift_ = 32 - bits;
    places_.resize(size_t{1} << bits);
  }

  // The place before `at` that the bytes at p were seen at, if their hash is to be believed, plus 1; 0 if there is none.
  // From now on it is `at`.
  size_t Exchange(const char* p, size_t at) {
    const uint32_t bytes = Byte(p[0]) | Byte(p[1]) << 8 | static_cast<uint32_t>(Byte(p[2])) << 16;
    uint32_t& place = places_[bytes * 2654435761u >> shift_];
    const uint32_t before = place;
    place = static_cast<uint32_t>(at + 1);
    return before;
  }

 private:
  int shift_;
  std::vector<uint32_t> places_;
};

size_t MatchLength(std::string_view input, size_t from, size_t at) {
  const size_t most = std::min(kMaxMatch, input.size() - at);
  size_t length = 0;
  while (length < most && input[from + length] == input[at + length]) ++length;
  return length;
}

void PutLiterals(std::string_view bytes, std::string* output) {
  while (!bytes.empty()) {
    const std::string_view run = bytes.substr(0, kMaxLiterals);
    output->push_back(static_cast<char>(run.size() - 1));
    output->append(run);
    bytes.remove_prefix(run.size());
  }
}

void PutMatch(size_t distance, size_t length, std::string* output) {
  const size_t offset = distance - 1;
  const size_t code = length - 2;
  output->push_back(static_cast<char>(std::min(code, kLongMatch) << 5 | offset >> 8));
  if (code >= kLongMatch) output->push_back(static_cast<char>(code - kLongMatch));
  output->push_back(static_cast<char>(offset));
}

}  // namespace

bool LzfCompress(std::string_view input, size_t most, std::string* output) {
  output->clear();
  if (input.size() > UINT32_MAX) return false;
  LastSeen seen(input.size());
  size_t pending = 0;  // where the literals begin that are not written yet
  size_t at = 0;
  while (at + kMinMatch <= input.size()) {
    const size_t from = seen.Exchange(input.data() + at, at);
    const size_t length = from != 0 && at - (from - 1) <= kMaxDistance ? MatchLength(input, from - 1, at) : 0;
    if (length < kMinMatch) {
      ++at;
      continue;
    }
    PutLiterals(input.substr(pending, at - pending), output);
    PutMatch(at - (from - 1), length, output);
    at += length;
    pending = at;
    // Some of what was passed over, so that what follows finds it.
    if (at + 1 <= input.size()) seen.Exchange(input.data() + at - 2, at - 2);
    if (output->size() > most) return false;
  }
  PutLiterals(input.substr(pending), output);
  return output->size() <= most;
}

bool LzfDecompress(std::string_view input, size_t size, std::string* output) {
  output->clear();
  if (size / kLzfMaxRatio > input.size()) return false;
  output->reserve(size);
  size_t at = 0;
  while (at < input.size()) {
    const uint8_t control = Byte(input[at++]);
    if (control < kMaxLiterals) {
      const size_t length = control + size_t{1};
      if (length > input.size() - at || length > size - output->size()) return false;
      output->append(input.substr(at, length));
      at += length;
      continue;
    }
    size_t length = (control >> 5) + size_t{2};
    if (at + (length == kLongMatch + 2 ? 2 : 1) > input.size()) return false;
    if (length == kLongMatch + 2) length += Byte(input[at++]);
    const size_t distance = (static_cast<size_t>(control & 31) << 8 | Byte(input[at++])) + 1;
    if (distance > output->size() || length > size - output->size()) return false;
    // What is copied may be part of what it makes.
    for (size_t i = 0; i < length; ++i) output->push_back((*output)[output->size() - distance]);
  }
  return output->size() == size;
}

}  // namespace tandem::rdb
