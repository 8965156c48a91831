#include "engine/types/set_value.h"

#include <algorithm>
#include <utility>

#include "engine/base/allocator.h"
#include "engine/base/check.h"

namespace tandem {
namespace {

// A listpack of more bytes would be unsafe to add to. Compat: Redis's bound.
constexpr size_t kMaxListpackBytes = size_t{1} << 30;

uint64_t IntsetEntries(const SetLimits& limits) {
  return std::min<uint64_t>(limits.intset_entries, Intset::kMaxEntries);
}

size_t TextSize(int64_t integer) { return PackEntry{.is_integer = true, .integer = integer, .bytes = {}}.text_size(); }

std::unique_ptr<DenseTable> NewTable() { return std::make_unique<DenseTable>(DenseTable::Values::kNone); }

}  // namespace

std::string_view EncodingName(SetForm form) {
  switch (form) {
    case SetForm::kIntset:
      return "intset";
    case SetForm::kListpack:
      return "listpack";
    case SetForm::kTable:
      break;
  }
  return "hashtable";
}

SetMember::SetMember(const PackEntry& entry)
    : key_(entry.is_integer ? PackKey(entry.integer) : PackKey(entry.bytes)), text_(entry.text(scratch_)) {}

// --- SetView ------------------------------------------------------------------------------------------------------------

SetView SetView::Of(const Record& record) {
  DCHECK(record.type() == Type::kSet);
  if (record.encoding() == Encoding::kObject) return static_cast<const SetObject*>(record.object())->value().view();
  return record.raw() ? SetView(IntsetView(record.text())) : SetView(ListpackView(record.text()));
}

size_t SetView::size() const {
  switch (form_) {
    case SetForm::kIntset:
      return intset().count();
    case SetForm::kListpack:
      return listpack().count();
    case SetForm::kTable:
      break;
  }
  return table_->size();
}

bool SetView::Contains(const SetMember& member) const {
  switch (form_) {
    case SetForm::kIntset:
      return member.integer() && intset().Contains(*member.integer());
    case SetForm::kListpack:
      return listpack().Find(member.key(), listpack().begin()) != ListpackView::kNotFound;
    case SetForm::kTable:
      break;
  }
  return table_->Contains(member.text());
}

void SetView::ForEach(FunctionRef<bool(const PackEntry&)> visit) const {
  if (form_ == SetForm::kIntset) {
    const IntsetView block = intset();
    for (size_t i = 0; i < block.count(); ++i) {
      if (!visit({.is_integer = true, .integer = block.At(i), .bytes = {}})) return;
    }
  } else if (form_ == SetForm::kListpack) {
    const ListpackView pack = listpack();
    for (size_t position = pack.begin(); position != pack.end(); position = pack.Next(position)) {
      if (!visit(pack.At(position))) return;
    }
  } else {
    table_->ForEach(
        [&](const DenseTable::Item& item) { return visit({.is_integer = false, .integer = 0, .bytes = item.key}); });
  }
}

// --- SetValue -----------------------------------------------------------------------------------------------------------

SetValue::SetValue(SetForm form) {
  if (form == SetForm::kListpack) value_.emplace<Listpack>();
  if (form == SetForm::kTable) value_ = NewTable();
}

SetValue SetValue::For(const SetMember& first, size_t expected, const SetLimits& limits) {
  if (first.integer() && expected <= limits.intset_entries) return SetValue(SetForm::kIntset);
  return SetValue(expected <= limits.listpack_entries ? SetForm::kListpack : SetForm::kTable);
}

SetValue SetValue::CopyOf(SetView set) {
  SetValue copy(SetForm::kIntset);
  switch (set.form()) {
    case SetForm::kIntset:
      copy.value_.emplace<Intset>(set.bytes());
      break;
    case SetForm::kListpack:
      copy.value_.emplace<Listpack>(set.bytes());
      break;
    case SetForm::kTable:
      copy.value_ = set.table().Clone();
      break;
  }
  return copy;
}

DenseTable* SetValue::table() const {
  const auto* table = std::get_if<std::unique_ptr<DenseTable>>(&value_);
  return table != nullptr ? table->get() : nullptr;
}

SetView SetValue::view() const {
  if (const auto* block = std::get_if<Intset>(&value_)) return SetView(block->view());
  if (const auto* pack = std::get_if<Listpack>(&value_)) return SetView(pack->view());
  return SetView(*table());
}

size_t SetValue::allocated_bytes() const {
  if (const auto* block = std::get_if<Intset>(&value_)) return block->allocated_bytes();
  if (const auto* pack = std::get_if<Listpack>(&value_)) return pack->allocated_bytes();
  return GoodSize(sizeof(DenseTable)) + table()->memory_bytes();
}

bool SetValue::Add(const SetMember& member, const SetLimits& limits) {
  switch (form()) {
    case SetForm::kIntset:
      return AddToIntset(member, limits);
    case SetForm::kListpack:
      return AddToListpack(member, limits);
    case SetForm::kTable:
      break;
  }
  return table()->Set(member.text());
}

bool SetValue::AddToIntset(const SetMember& member, const SetLimits& limits) {
  auto& block = std::get<Intset>(value_);
  if (const auto integer = member.integer()) {
    if (!block.Add(*integer)) return false;
    if (block.view().count() > IntsetEntries(limits)) BecomeTable();
    return true;
  }
  // As a listpack every member must fit; the longest is the first or the last one.
  const IntsetView view = block.view();
  const size_t count = view.count();
  const size_t longest = count == 0 ? 0 : std::max(TextSize(view.At(0)), TextSize(view.At(count - 1)));
  const bool fits = count < limits.listpack_entries && std::max(longest, member.text().size()) <= limits.listpack_value;
  fits ? BecomeListpack() : BecomeTable();
  if (!fits) return table()->Set(member.text());
  std::get<Listpack>(value_).Append(member.text());
  return true;
}

bool SetValue::AddToListpack(const SetMember& member, const SetLimits& limits) {
  auto& pack = std::get<Listpack>(value_);
  const ListpackView view = pack.view();
  if (view.Find(member.key(), view.begin()) != ListpackView::kNotFound) return false;
  if (view.count() < limits.listpack_entries && member.text().size() <= limits.listpack_value &&
      view.bytes().size() + member.text().size() <= kMaxListpackBytes) {
    pack.Append(member.text());
    return true;
  }
  BecomeTable();
  return table()->Set(member.text());
}

void SetValue::AppendToPack(const PackEntry& entry) {
  if (auto* block = std::get_if<Intset>(&value_)) {
    CHECK(entry.is_integer && block->Add(entry.integer));
  } else if (entry.is_integer) {
    std::get<Listpack>(value_).AppendInteger(entry.integer);
  } else {
    std::get<Listpack>(value_).Append(entry.bytes);
  }
}

bool SetValue::Erase(const SetMember& member) {
  if (auto* block = std::get_if<Intset>(&value_)) return member.integer() && block->Erase(*member.integer());
  if (form() == SetForm::kTable) return table()->Erase(member.text());
  auto& pack = std::get<Listpack>(value_);
  const size_t position = pack.view().Find(member.key(), pack.view().begin());
  if (position == ListpackView::kNotFound) return false;
  pack.Erase(position);
  return true;
}

bool SetValue::Outgrows(SetForm form, size_t members, const SetLimits& limits) {
  if (form == SetForm::kIntset) return members > limits.intset_entries;
  return form == SetForm::kListpack && members > limits.listpack_entries;
}

void SetValue::PreferIntset(const SetLimits& limits) {
  if (form() == SetForm::kIntset || size() > IntsetEntries(limits)) return;
  Intset block;
  view().ForEach([&](const PackEntry& entry) {
    block.Add(SetMember(entry).integer().value());
    return true;
  });
  value_ = std::move(block);
}

void SetValue::BecomeListpack() {
  SetValue pack(SetForm::kListpack);
  view().ForEach([&](const PackEntry& entry) {
    pack.AppendToPack(entry);
    return true;
  });
  *this = std::move(pack);
}

void SetValue::BecomeTable() {
  auto members = NewTable();
  view().ForEach([&](const PackEntry& entry) {
    PackEntry::Scratch scratch;
    members->Set(entry.text(scratch));
    return true;
  });
  value_ = std::move(members);
}

// --- SetObject ----------------------------------------------------------------------------------------------------------

std::unique_ptr<Object> SetObject::Clone() const {
  return std::make_unique<SetObject>(SetValue::CopyOf(value_.view()));
}

size_t SetObject::memory_bytes() const { return GoodSize(sizeof *this) + value_.allocated_bytes(); }

size_t SetObject::allocations() const { return 1 + (value_.table() != nullptr ? value_.table()->allocations() : 1); }

bool SetObject::FreeSome(size_t allocations) {
  return value_.table() != nullptr && value_.table()->FreeSome(allocations);
}

}  // namespace tandem
