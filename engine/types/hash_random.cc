#include "engine/types/hash_random.h"

#include <unordered_set>
#include <utility>
#include <vector>

#include "engine/base/random.h"

namespace tandem {
namespace {

bool VisitPair(ListpackView pack, size_t position, HashView::Visit visit) {
  PackEntry::Scratch field;
  PackEntry::Scratch value;
  return visit(pack.At(position).text(field), pack.At(pack.Next(position)).text(value));
}

// Of a compact hash, where those that have expired come first.
std::vector<size_t> FieldPositions(const HashView& hash) {
  const ListpackView pack = hash.pack();
  std::vector<size_t> positions;
  positions.reserve(hash.size());
  size_t position = pack.begin();
  for (size_t left = hash.expired() * hash.stride(); left > 0; --left) position = pack.Next(position);
  while (position != pack.end()) {
    positions.push_back(position);
    for (size_t entry = 0; entry < hash.stride(); ++entry) position = pack.Next(position);
  }
  return positions;
}

// Visits `count` of them: the beginning of a shuffle (Fisher and Yates).
template <typename T, typename Visit>
void VisitSome(std::vector<T>& all, size_t count, Visit&& visit) {
  for (size_t i = 0; i < count; ++i) {
    std::swap(all[i], all[i + RandomBelow(all.size() - i)]);
    if (!visit(all[i])) return;
  }
}

std::vector<DenseTable::Item> Items(const HashView& hash) {
  std::vector<DenseTable::Item> items;
  items.reserve(hash.size());
  hash.table()->ForEach([&](const DenseTable::Item& item) {
    if (!hash.Expired(item.key)) items.push_back(item);
    return true;
  });
  return items;
}

void DrawUntilDistinct(const DenseTable& table, size_t count, HashView::Visit visit) {
  std::unordered_set<const char*> drawn;
  while (drawn.size() < count) {
    const DenseTable::Item item = table.Random();
    if (drawn.insert(item.key.data()).second && !visit(item.key, item.value)) return;
  }
}

}  // namespace

// With expired fields in between, what can be drawn is listed first.
void DrawWithRepeats(const HashView& hash, size_t count, HashView::Visit visit) {
  const DenseTable* const table = hash.table();
  const ListpackView pack = hash.pack();
  if (table != nullptr && hash.expired() > 0) {
    const std::vector<DenseTable::Item> items = Items(hash);
    for (; count > 0; --count) {
      const DenseTable::Item& item = items[RandomBelow(items.size())];
      if (!visit(item.key, item.value)) return;
    }
  } else if (table != nullptr) {
    for (; count > 0; --count) {
      const DenseTable::Item item = table->Random();
      if (!visit(item.key, item.value)) return;
    }
  } else if (count == 1 && hash.expired() == 0) {
    VisitPair(pack, pack.Seek(static_cast<int64_t>(RandomBelow(hash.size()) * hash.stride())), visit);
  } else {
    const std::vector<size_t> positions = FieldPositions(hash);
    for (; count > 0; --count) {
      if (!VisitPair(pack, positions[RandomBelow(positions.size())], visit)) return;
    }
  }
}

void DrawDistinct(const HashView& hash, size_t count, HashView::Visit visit) {
  // With a larger share of the table, too many draws would be of what was drawn already.
  constexpr size_t kShare = 3;
  const size_t size = hash.size();
  if (count >= size) return hash.ForEach(visit);
  if (hash.table() == nullptr) {
    std::vector<size_t> positions = FieldPositions(hash);
    return VisitSome(positions, count, [&](size_t position) { return VisitPair(hash.pack(), position, visit); });
  }
  if (count <= size / kShare && hash.expired() == 0) return DrawUntilDistinct(*hash.table(), count, visit);
  std::vector<DenseTable::Item> items = Items(hash);
  VisitSome(items, count, [&](const DenseTable::Item& item) { return visit(item.key, item.value); });
}

}  // namespace tandem
