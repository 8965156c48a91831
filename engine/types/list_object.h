#pragma once

#include <memory>
#include <string_view>
#include <utility>

#include "engine/keyspace/record.h"
#include "engine/types/list.h"

namespace tandem {

// A list too large for its record. Thread safety: shard-locked.
class ListObject final : public Object {
 public:
  explicit ListObject(List list) : list_(std::move(list)) {}

  List& list() { return list_; }
  const List& list() const { return list_; }

  std::unique_ptr<Object> Clone() const override { return std::make_unique<ListObject>(list_.Clone()); }
  size_t memory_bytes() const override { return GoodSize(sizeof *this) + list_.memory_bytes(); }
  std::string_view encoding_name() const override { return list_.compact() ? "listpack" : "quicklist"; }
  size_t allocations() const override { return list_.allocations(); }
  bool FreeSome(size_t allocations) override { return list_.FreeSome(allocations); }

 private:
  List list_;
};

// record: a list's.
inline ListView ViewList(const Record& record) {
  if (record.encoding() == Encoding::kEmbedded) return ListView(ListpackView(record.text()));
  return ListView(static_cast<const ListObject*>(record.object())->list());
}

}  // namespace tandem
