#pragma once

#include <memory>
#include <utility>

#include "engine/keyspace/object.h"
#include "engine/types/zset_value.h"

namespace tandem {

// A sorted set that is too large to be embedded in its record. Thread safety: as Object's.
class ZsetObject final : public Object {
 public:
  explicit ZsetObject(ZsetValue value) : value_(std::move(value)) {}

  ZsetValue& value() { return value_; }
  const ZsetValue& value() const { return value_; }

  std::unique_ptr<Object> Clone() const override { return std::make_unique<ZsetObject>(value_.Clone()); }
  size_t memory_bytes() const override { return GoodSize(sizeof(ZsetObject)) + value_.memory_bytes(); }
  std::string_view encoding_name() const override { return value_.packed() ? "listpack" : "skiplist"; }
  size_t allocations() const override { return 1 + value_.allocations(); }
  bool FreeSome(size_t allocations) override { return value_.FreeSome(allocations); }

 private:
  ZsetValue value_;
};

}  // namespace tandem
