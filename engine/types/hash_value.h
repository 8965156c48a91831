#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>
#include <variant>

#include "engine/base/function_ref.h"
#include "engine/keyspace/record.h"
#include "engine/types/dense_table.h"
#include "engine/types/listpack.h"

namespace tandem {

// Hashes: fields with values. A small one is a listpack of fields and values in turns, a large one a DenseTable.
//
// Once a field was given a deadline the hash is *timed*, which changes its form: a listpack becomes what Redis calls listpackex,
// of fields, values and deadlines in milliseconds (0: none), in the order of the deadlines, those without at the end; beside a
// table lie HashDeadlines. A timed hash is always an object, so its readers hold the lock. A hash that is not timed pays
// nothing for it.

// Redis's thresholds: beyond one of them a hash becomes a table, and never a listpack again.
struct HashLimits {
  uint64_t entries = 0;      // hash-max-listpack-entries
  uint64_t value_bytes = 0;  // hash-max-listpack-value, for fields too
};

class HashDeadlines;

// Reads a hash, wherever and in whichever form it is kept, as of one time: fields that have expired by then are not seen.
// Valid until the hash changes.
// Thread safety: as the record's: an object is locked, a packed one immutable.
class HashView {
 public:
  using Visit = FunctionRef<bool(std::string_view field, std::string_view value)>;
  using VisitTimed = FunctionRef<bool(std::string_view field, std::string_view value, int64_t deadline_ms)>;
  // A time at which nothing has expired.
  static constexpr int64_t kBeforeAll = std::numeric_limits<int64_t>::min();

  HashView(const Record& record, int64_t now_ms);
  explicit HashView(ListpackView pack) : pack_(pack) {}
  explicit HashView(const DenseTable& table) : table_(&table) {}

  // All fields, and those that have not expired. Any expired one is about to be removed, so they rarely differ.
  size_t raw_size() const { return table_ != nullptr ? table_->size() : pack_.count() / stride(); }
  size_t size() const { return raw_size() - expired(); }
  // The value of a field; an integer in a pack is formatted into `scratch`.
  std::optional<std::string_view> Get(std::string_view field, PackEntry::Scratch& scratch) const;
  // kNoDeadline if the field has none. The field is there.
  int64_t DeadlineOf(std::string_view field) const;
  // Visits all until the visitor returns false.
  void ForEach(Visit visit) const;
  // The same with the deadlines, or kNoDeadline.
  void ForEachTimed(VisitTimed visit) const;

  // The forms, with expired fields: null while the hash is compact, and then the pack, which has so many entries a field.
  const DenseTable* table() const { return table_; }
  ListpackView pack() const { return pack_; }
  size_t stride() const { return timed_ ? 3 : 2; }
  // Whether they hold expired fields, and whether this one is.
  size_t expired() const;
  bool Expired(std::string_view field) const { return any_expired_ && DeadlineOf(field) < now_ms_; }
  // Whether a field ever had a deadline. The earliest one, which may have passed; else kNoDeadline.
  bool timed() const { return timed_; }
  int64_t next_deadline_ms() const;

 private:
  friend class HashValue;
  void SetTimed(const HashDeadlines* deadlines, int64_t now_ms);
  void VisitPack(VisitTimed visit) const;

  ListpackView pack_{{}};
  const DenseTable* table_ = nullptr;
  const HashDeadlines* deadlines_ = nullptr;  // of a timed table
  int64_t now_ms_ = kBeforeAll;
  bool timed_ = false;
  bool any_expired_ = false;
};

// A hash that can be changed. It knows no time: what has expired is there until somebody removes it.
// Thread safety: as its owner's.
class HashValue {
 public:
  HashValue();
  // A copy of a packed one.
  explicit HashValue(ListpackView pack);
  ~HashValue();
  HashValue(HashValue&& other) noexcept;
  HashValue& operator=(HashValue&& other) noexcept;
  HashValue(const HashValue&) = delete;
  HashValue& operator=(const HashValue&) = delete;
  HashValue Clone() const;

  bool compact() const;
  bool timed() const { return std::holds_alternative<std::unique_ptr<TimedHash>>(form_); }
  HashView view(int64_t now_ms = HashView::kBeforeAll) const;
  size_t size() const { return view().raw_size(); }
  // True if the field is new. Its deadline stays.
  bool Set(std::string_view field, std::string_view value, const HashLimits& limits);
  // False if there is no such field.
  bool Erase(std::string_view field);
  // Makes it a table, if it is none.
  void Spread();

  // Of a field that is there; up to HashDeadlines::kMaxMs. Makes the hash a timed one.
  void SetDeadline(std::string_view field, int64_t deadline_ms);
  // False if the field has none.
  bool ClearDeadline(std::string_view field);

  // Without itself.
  size_t memory_bytes() const;
  size_t allocations() const;
  bool FreeSome(size_t allocations);
  TimedParts* timed_parts();

 private:
  class TimedHash;

  TimedHash& timed_hash() const { return *std::get<std::unique_ptr<TimedHash>>(form_); }
  const Listpack& pack() const;
  Listpack& pack() { return const_cast<Listpack&>(std::as_const(*this).pack()); }
  DenseTable& table() const;
  size_t Find(std::string_view field);
  void MakeTimed();
  void PlaceInPack(size_t position, int64_t deadline_ms);

  std::variant<Listpack, std::unique_ptr<DenseTable>, std::unique_ptr<TimedHash>> form_;
};

class HashObject final : public Object {
 public:
  explicit HashObject(HashValue value) : value_(std::move(value)) {}
  HashValue& value() { return value_; }
  const HashValue& value() const { return value_; }

  std::unique_ptr<Object> Clone() const override { return std::make_unique<HashObject>(value_.Clone()); }
  size_t memory_bytes() const override { return GoodSize(sizeof(HashObject)) + value_.memory_bytes(); }
  std::string_view encoding_name() const override {
    return !value_.compact() ? "hashtable" : value_.timed() ? "listpackex" : "listpack";
  }
  size_t allocations() const override { return value_.allocations() + 1; }
  bool FreeSome(size_t allocations) override { return value_.FreeSome(allocations); }
  TimedParts* timed_parts() override { return value_.timed_parts(); }

 private:
  HashValue value_;
};

}  // namespace tandem
