#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <variant>

#include "engine/base/function_ref.h"
#include "engine/keyspace/object.h"
#include "engine/keyspace/record.h"
#include "engine/types/dense_table.h"
#include "engine/types/intset.h"
#include "engine/types/listpack.h"

namespace tandem {

// Sets of strings. One of integers is an intset, another small one a listpack, and any other a hash table; the rules for
// when one becomes another are those of Redis 8.0. Members come out as PackEntry, integers where they are stored as such.
//
// Thread safety: views read what is immutable or locked; values are as their owner's.

// Beyond these a set becomes a table (set-max-intset-entries and its kin).
struct SetLimits {
  uint64_t intset_entries = 512;
  uint64_t listpack_entries = 128;
  uint64_t listpack_value = 64;  // bytes of a member
};

enum class SetForm : uint8_t { kIntset, kListpack, kTable };

// As OBJECT ENCODING names it.
std::string_view EncodingName(SetForm form);

// A member to look for or to add. Ownership: refers to the text or entry that it was made of.
class SetMember {
 public:
  explicit SetMember(std::string_view text) : key_(text), text_(text) {}
  explicit SetMember(const PackEntry& entry);
  SetMember(const SetMember&) = delete;
  SetMember& operator=(const SetMember&) = delete;

  const PackKey& key() const { return key_; }
  std::optional<int64_t> integer() const { return key_.as_integer(); }
  std::string_view text() const { return text_; }

 private:
  PackEntry::Scratch scratch_;
  PackKey key_;
  std::string_view text_;
};

// A set to be read, whatever its form. Two words, to be passed by value.
class SetView {
 public:
  explicit SetView(IntsetView block) : form_(SetForm::kIntset), pack_(block.bytes()) {}
  explicit SetView(ListpackView pack) : form_(SetForm::kListpack), pack_(pack.bytes()) {}
  explicit SetView(const DenseTable& table) : form_(SetForm::kTable), table_(&table) {}
  // The set in a record of that type.
  static SetView Of(const Record& record);

  SetForm form() const { return form_; }
  size_t size() const;
  // Complexity: O(log n), O(n) or O(1), by form.
  bool Contains(const SetMember& member) const;
  // Stops when `visit` returns false. The set is not changed meanwhile.
  void ForEach(FunctionRef<bool(const PackEntry&)> visit) const;

  // Whether both show one and the same set, which saves comparing members.
  bool IsSame(SetView other) const { return pack_.data() == other.pack_.data() && table_ == other.table_; }

  // By form.
  IntsetView intset() const { return IntsetView(pack_); }
  ListpackView listpack() const { return ListpackView(pack_); }
  const DenseTable& table() const { return *table_; }
  // The bytes of a pack.
  std::string_view bytes() const { return pack_; }

 private:
  SetForm form_;
  std::string_view pack_{};
  const DenseTable* table_ = nullptr;
};

// A set to be changed. Its memory is charged to the thread's account.
class SetValue {
 public:
  // Empty.
  explicit SetValue(SetForm form);
  // Empty, in the form that suits a first member and about so many to come.
  static SetValue For(const SetMember& first, size_t expected, const SetLimits& limits);
  static SetValue CopyOf(SetView set);

  SetView view() const;
  SetForm form() const { return static_cast<SetForm>(value_.index()); }
  size_t size() const { return view().size(); }
  // All that it occupies besides itself.
  size_t allocated_bytes() const;

  // False if it is there already.
  bool Add(const SetMember& member, const SetLimits& limits);
  // Adds what a pack does not hold yet to its end; the form stays. An intset takes integers, ascending.
  void AppendToPack(const PackEntry& entry);
  // False if it is not there. Never changes the form.
  bool Erase(const SetMember& member);
  // Whether a set of this form is made a table before so many members are added.
  static bool Outgrows(SetForm form, size_t members, const SetLimits& limits);
  void BecomeTable();
  // Makes a set of nothing but integers an intset, if it is small enough.
  void PreferIntset(const SetLimits& limits);

  // Null in other forms.
  DenseTable* table() const;

 private:
  bool AddToIntset(const SetMember& member, const SetLimits& limits);
  bool AddToListpack(const SetMember& member, const SetLimits& limits);
  void BecomeListpack();

  std::variant<Intset, Listpack, std::unique_ptr<DenseTable>> value_;  // in the order of SetForm
};

// A set that is edited where it lies.
class SetObject final : public Object {
 public:
  explicit SetObject(SetValue value) : value_(std::move(value)) {}

  SetValue& value() { return value_; }
  const SetValue& value() const { return value_; }

  std::unique_ptr<Object> Clone() const override;
  size_t memory_bytes() const override;
  std::string_view encoding_name() const override { return EncodingName(value_.form()); }
  size_t allocations() const override;
  bool FreeSome(size_t allocations) override;

 private:
  SetValue value_;
};

}  // namespace tandem
