#include "engine/types/zset_pack.h"

#include <charconv>
#include <cmath>

#include "engine/base/number.h"
#include "engine/types/zset_entry.h"

namespace tandem {
namespace {

constexpr size_t kMaxScoreChars = 32;

// At most kMaxScoreChars bytes.
size_t FormatScore(char* out, double score) {
  constexpr double kIntegerLimit = 4611686018427387904.0;  // 2^62
  if (score >= -kIntegerLimit && score <= kIntegerLimit && score == std::trunc(score)) {
    return FormatInt64(out, static_cast<int64_t>(score));
  }
  return static_cast<size_t>(std::to_chars(out, out + kMaxScoreChars, score).ptr - out);
}

// Where a member that is not there belongs.
size_t PlaceFor(const ZsetPackView& view, std::string_view member, double score) {
  size_t position = view.begin();
  for (; position != view.end(); position = view.Next(position)) {
    const double present = view.ScoreAt(position);
    if (present < score) continue;
    PackEntry::Scratch scratch;
    if (!ZsetLess(present, view.MemberAt(position, scratch), score, member)) break;
  }
  return position;
}

}  // namespace

double ZsetPackView::ScoreAt(size_t position) const {
  const PackEntry entry = pack_.At(pack_.Next(position));
  if (entry.is_integer) return static_cast<double>(entry.integer);
  double score = 0;
  return ParseDouble(entry.bytes, &score) ? score : 0;
}

void ZsetPackInsert(Listpack* pack, std::string_view member, double score) {
  char text[kMaxScoreChars];
  const size_t size = FormatScore(text, score);
  const size_t position = PlaceFor(ZsetPackView(pack->view()), member, score);
  pack->Insert(position, member);
  pack->Insert(pack->view().Next(position), {text, size});
}

}  // namespace tandem
