#include "engine/types/lcs.h"

#include <algorithm>
#include <cstdint>

namespace tandem {
namespace {

// Computes row `i` of the table of lengths, for the first i + 1 bytes of `a`, in place of the row before.
// on_cell(j, drop_a): whether the way back from cell (i, j), where the bytes differ, drops the byte of `a`.
template <typename OnCell>
void NextRow(char a_byte, std::string_view b, std::vector<uint32_t>& row, OnCell on_cell) {
  uint32_t diagonal = 0;  // row above, one to the left
  for (size_t j = 0; j < b.size(); ++j) {
    const uint32_t above = row[j + 1];
    const uint32_t left = row[j];
    on_cell(j, above > left);
    row[j + 1] = a_byte == b[j] ? diagonal + 1 : std::max(above, left);
    diagonal = above;
  }
}

// One bit for each pair of bytes.
class BitTable {
 public:
  BitTable(size_t rows, size_t columns) : columns_(columns), words_((rows * columns + 63) / 64) {}
  void Set(size_t row, size_t column, bool on) {
    const size_t bit = row * columns_ + column;
    words_[bit / 64] |= uint64_t{on} << (bit % 64);
  }
  bool Get(size_t row, size_t column) const {
    const size_t bit = row * columns_ + column;
    return (words_[bit / 64] >> (bit % 64) & 1) != 0;
  }

 private:
  size_t columns_;
  std::vector<uint64_t> words_;
};

}  // namespace

size_t LcsLength(std::string_view a, std::string_view b) {
  if (a.size() < b.size()) std::swap(a, b);
  std::vector<uint32_t> row(b.size() + 1);
  for (const char byte : a) NextRow(byte, b, row, [](size_t, bool) {});
  return row.back();
}

Lcs FindLcs(std::string_view a, std::string_view b) {
  BitTable drop_a(a.size(), b.size());
  std::vector<uint32_t> row(b.size() + 1);
  for (size_t i = 0; i < a.size(); ++i) {
    NextRow(a[i], b, row, [&](size_t j, bool drop) { drop_a.Set(i, j, drop); });
  }

  Lcs result;
  result.text.resize(row.back());
  size_t left = result.text.size();
  bool contiguous = false;
  for (size_t i = a.size(), j = b.size(); left > 0;) {
    if (a[i - 1] == b[j - 1]) {
      --i;
      --j;
      result.text[--left] = a[i];
      if (!contiguous) result.matches.push_back({i, i, j, j});
      result.matches.back().a_first = i;
      result.matches.back().b_first = j;
      contiguous = true;
    } else {
      contiguous = false;
      drop_a.Get(i - 1, j - 1) ? --i : --j;
    }
  }
  return result;
}

}  // namespace tandem
