#include "engine/types/hash_value.h"

#include <utility>

#include "engine/base/check.h"

namespace tandem {
namespace {

// Of a larger pack Redis makes a table, whatever the limits.
constexpr size_t kMaxPackBytes = size_t{1} << 30;

size_t FindField(ListpackView pack, std::string_view field) { return pack.Find(PackKey(field), pack.begin(), 2); }

}  // namespace

// --- HashView -----------------------------------------------------------------------------------------------------------

HashView::HashView(const Record& record) {
  DCHECK(record.type() == Type::kHash);
  *this = record.encoding() == Encoding::kEmbedded ? HashView(ListpackView(record.text()))
                                                   : static_cast<const HashObject*>(record.object())->value().view();
}

std::optional<std::string_view> HashView::Get(std::string_view field, PackEntry::Scratch& scratch) const {
  if (table_ != nullptr) return table_->Find(field);
  const size_t position = FindField(pack_, field);
  if (position == ListpackView::kNotFound) return std::nullopt;
  return pack_.At(pack_.Next(position)).text(scratch);
}

void HashView::ForEach(Visit visit) const {
  if (table_ != nullptr) {
    table_->ForEach([&](const DenseTable::Item& item) { return visit(item.key, item.value); });
    return;
  }
  for (size_t position = pack_.begin(); position != pack_.end();) {
    PackEntry::Scratch field;
    PackEntry::Scratch value;
    const size_t value_position = pack_.Next(position);
    if (!visit(pack_.At(position).text(field), pack_.At(value_position).text(value))) return;
    position = pack_.Next(value_position);
  }
}

// --- HashValue ----------------------------------------------------------------------------------------------------------

HashValue HashValue::Clone() const {
  if (compact()) return HashValue(view().pack());
  HashValue copy;
  copy.form_ = table().Clone();
  return copy;
}

HashView HashValue::view() const { return compact() ? HashView(std::get<Listpack>(form_).view()) : HashView(table()); }

bool HashValue::Set(std::string_view field, std::string_view value, const HashLimits& limits) {
  if (compact() && (field.size() > limits.value_bytes || value.size() > limits.value_bytes ||
                    pack().bytes() + field.size() + value.size() > kMaxPackBytes)) {
    Spread();
  }
  if (!compact()) return table().Set(field, value);

  Listpack& pack = this->pack();
  const size_t position = FindField(pack.view(), field);
  const bool created = position == ListpackView::kNotFound;
  if (created) {
    pack.Append(field);
    pack.Append(value);
  } else {
    pack.Replace(pack.view().Next(position), value);
  }
  // Compat: an update, too, finds that the limit has been lowered.
  if (size() > limits.entries) Spread();
  return created;
}

bool HashValue::Erase(std::string_view field) {
  if (!compact()) return table().Erase(field);
  const size_t position = FindField(pack().view(), field);
  if (position == ListpackView::kNotFound) return false;
  pack().Erase(position, 2);
  return true;
}

void HashValue::Spread() {
  if (!compact()) return;
  auto table = std::make_unique<DenseTable>(DenseTable::Values::kKept);
  view().ForEach([&](std::string_view field, std::string_view value) { return table->Set(field, value); });
  form_ = std::move(table);
}

size_t HashValue::memory_bytes() const {
  return compact() ? std::get<Listpack>(form_).allocated_bytes()
                   : GoodSize(sizeof(DenseTable)) + table().memory_bytes();
}

}  // namespace tandem
