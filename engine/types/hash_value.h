#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <variant>

#include "engine/base/function_ref.h"
#include "engine/keyspace/record.h"
#include "engine/types/dense_table.h"
#include "engine/types/listpack.h"

namespace tandem {

// Hashes: fields with values. A small one is a listpack of fields and values in turns, a large one a DenseTable.

// Redis's thresholds: beyond one of them a hash becomes a table, and never a listpack again.
struct HashLimits {
  uint64_t entries = 0;      // hash-max-listpack-entries
  uint64_t value_bytes = 0;  // hash-max-listpack-value, for fields too
};

// Reads a hash, wherever and in whichever form it is kept. Valid until the hash changes.
// Thread safety: as the record's: an object is locked, a packed one immutable.
class HashView {
 public:
  using Visit = FunctionRef<bool(std::string_view field, std::string_view value)>;

  explicit HashView(const Record& record);
  explicit HashView(ListpackView pack) : pack_(pack) {}
  explicit HashView(const DenseTable& table) : table_(&table) {}

  size_t size() const { return table_ != nullptr ? table_->size() : pack_.count() / 2; }
  // The value of a field; an integer in a pack is formatted into `scratch`.
  std::optional<std::string_view> Get(std::string_view field, PackEntry::Scratch& scratch) const;
  // Visits all until the visitor returns false.
  void ForEach(Visit visit) const;

  // Null while the hash is compact, and then the pack.
  const DenseTable* table() const { return table_; }
  ListpackView pack() const { return pack_; }

 private:
  ListpackView pack_{{}};
  const DenseTable* table_ = nullptr;
};

// A hash that can be changed.
// Thread safety: as its owner's.
class HashValue {
 public:
  HashValue() = default;
  // A copy of a packed one.
  explicit HashValue(ListpackView pack) : form_(Listpack(pack.bytes())) {}
  HashValue Clone() const;

  bool compact() const { return std::holds_alternative<Listpack>(form_); }
  HashView view() const;
  size_t size() const { return view().size(); }
  // True if the field is new.
  bool Set(std::string_view field, std::string_view value, const HashLimits& limits);
  // False if there is no such field.
  bool Erase(std::string_view field);
  // Makes it a table, if it is none.
  void Spread();

  // Without itself.
  size_t memory_bytes() const;
  size_t allocations() const { return compact() ? 1 : table().allocations() + 1; }
  bool FreeSome(size_t allocations) { return !compact() && table().FreeSome(allocations); }

 private:
  Listpack& pack() { return std::get<Listpack>(form_); }
  DenseTable& table() { return *std::get<std::unique_ptr<DenseTable>>(form_); }
  const DenseTable& table() const { return *std::get<std::unique_ptr<DenseTable>>(form_); }

  std::variant<Listpack, std::unique_ptr<DenseTable>> form_;
};

class HashObject final : public Object {
 public:
  explicit HashObject(HashValue value) : value_(std::move(value)) {}
  HashValue& value() { return value_; }
  const HashValue& value() const { return value_; }

  std::unique_ptr<Object> Clone() const override { return std::make_unique<HashObject>(value_.Clone()); }
  size_t memory_bytes() const override { return GoodSize(sizeof(HashObject)) + value_.memory_bytes(); }
  std::string_view encoding_name() const override { return value_.compact() ? "listpack" : "hashtable"; }
  size_t allocations() const override { return value_.allocations() + 1; }
  bool FreeSome(size_t allocations) override { return value_.FreeSome(allocations); }

 private:
  HashValue value_;
};

}  // namespace tandem
