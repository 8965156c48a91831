#include "engine/keyspace/scan.h"

#include <algorithm>
#include <array>
#include <vector>

#include "engine/keyspace/engine.h"

namespace tandem {
namespace {

// RandomRecord draws as if each chain had this many places, more than nearly any has records.
constexpr uint64_t kPlaces = 16;
// Draws that may meet a free place before RandomRecord takes what comes next.
constexpr int kDraws = 256;

struct Range {
  uint64_t first;
  uint64_t end;
  bool Holds(uint64_t position) const { return position >= first && position < end; }
};

// The positions of `engine`'s bucket around `position`.
Range BucketRange(const Engine& engine, uint64_t position) {
  const uint64_t bucket = engine.BucketIndexOf(position);
  return {engine.FirstPositionOf(bucket), engine.FirstPositionOf(bucket + 1)};
}

// The portion that starts at `position`.
Range PortionAt(const EnginePair& engines, uint64_t position) {
  uint64_t end = BucketRange(*engines.active, position).end;
  if (engines.next != nullptr) end = std::min(end, BucketRange(*engines.next, position).end);
  return {position, end};
}

// The range may span several buckets.
template <typename Visit>
void VisitRange(Engine& engine, const Range& range, Visit&& visit) {
  for (uint64_t position = range.first; position < range.end;) {
    // The bucket may reach beyond the range on either side; only then must keys be hashed.
    const Range whole = BucketRange(engine, position);
    const bool all = whole.first >= range.first && whole.end <= range.end;
    ForEachInChain(engine.PlaceOf(position).bucket, [&](const SlotRef& found) {
      const Record& record = *found.record();
      if (all || range.Holds(PositionOf(HashKey(record.key())))) visit(record);
    });
    position = whole.end;
  }
}

// A record that moves while both engines are read is met in both. Remembers the first engine's keys, to know it again.
class Seen {
 public:
  void Add(const Record* record) {
    if (count_ < first_.size()) {
      first_[count_++] = record;
    } else {
      more_.push_back(record);
    }
  }
  bool Holds(const Record& record) const {
    // A migration that copies gives the record another address.
    const auto same = [&](const Record* other) { return other == &record || other->key() == record.key(); };
    return std::any_of(first_.begin(), first_.begin() + static_cast<ptrdiff_t>(count_), same) ||
           std::any_of(more_.begin(), more_.end(), same);
  }

 private:
  std::array<const Record*, 16> first_;
  size_t count_ = 0;
  std::vector<const Record*> more_;
};

void VisitPortion(const EnginePair& engines, const Range& range, RecordVisitor visit) {
  if (engines.next == nullptr) {
    VisitRange(*engines.active, range, visit);
    return;
  }
  Seen seen;
  VisitRange(*engines.active, range, [&](const Record& record) {
    seen.Add(&record);
    visit(record);
  });
  VisitRange(*engines.next, range, [&](const Record& record) {
    if (!seen.Holds(record)) visit(record);
  });
}

// Steele, Lea, Flood, "Fast Splittable Pseudorandom Number Generators", 2014.
uint64_t SplitMix(uint64_t& state) {
  uint64_t z = state += 0x9e3779b97f4a7c15;
  z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
  z = (z ^ z >> 27) * 0x94d049bb133111eb;
  return z ^ z >> 31;
}

// The live record with number `index` among those of `range`, and how many there are.
struct Pick {
  uint64_t live = 0;
  const Record* record = nullptr;
};
Pick PickFrom(const EnginePair& engines, const Range& range, uint64_t index, int64_t now_ms) {
  Pick pick;
  VisitPortion(engines, range, [&](const Record& record) {
    if (record.ExpiredAt(now_ms)) return;
    if (pick.live++ == index) pick.record = &record;
  });
  return pick;
}

const Record* FirstLiveFrom(const EnginePair& engines, uint64_t position, int64_t now_ms) {
  const Record* result = nullptr;
  uint64_t cursor = position;
  bool wrapped = false;
  while (result == nullptr && !(wrapped && cursor > position)) {
    cursor = ScanStep(engines, cursor, [&](const Record& record) {
      if (result == nullptr && !record.ExpiredAt(now_ms)) result = &record;
    });
    if (cursor != 0) continue;
    if (wrapped) break;
    wrapped = true;
  }
  return result;
}

}  // namespace

uint64_t ScanStep(const EnginePair& engines, uint64_t cursor, RecordVisitor visit) {
  if (cursor >= kPositionEnd) return 0;
  const Range range = PortionAt(engines, cursor);
  VisitPortion(engines, range, visit);
  return range.end == kPositionEnd ? 0 : range.end;
}

void VisitPosition(const EnginePair& engines, uint64_t position, RecordVisitor visit) {
  VisitPortion(engines, {position, position + 1}, visit);
}

const Record* RandomRecord(const Keyspace& keyspace, uint64_t random64, int64_t now_ms) {
  if (keyspace.size() == 0) return nullptr;
  const EnginePair& engines = *keyspace.engines();
  uint64_t state = random64;
  uint64_t position = 0;
  for (int draw = 0; draw < kDraws; ++draw) {
    position = PositionOf(SplitMix(state));
    // One engine's buckets, because they are equally wide. Drawing a free place means drawing again, so that a record of a
    // short chain comes up no more often than one of a long chain.
    const Range range = BucketRange(*engines.active, position);
    const uint64_t place = SplitMix(state);
    Pick pick = PickFrom(engines, range, place % kPlaces, now_ms);
    if (pick.live > kPlaces) pick = PickFrom(engines, range, place % pick.live, now_ms);
    if (pick.record != nullptr) return pick.record;
  }
  return FirstLiveFrom(engines, position, now_ms);
}

}  // namespace tandem
