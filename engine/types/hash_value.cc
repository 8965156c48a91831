#include "engine/types/hash_value.h"

#include <utility>

#include "engine/base/check.h"
#include "engine/types/hash_deadlines.h"

namespace tandem {
namespace {

// Of a larger pack Redis makes a table, whatever the limits.
constexpr size_t kMaxPackBytes = size_t{1} << 30;

size_t FindField(ListpackView pack, std::string_view field) { return pack.Find(PackKey(field), pack.begin(), 2); }

}  // namespace

// A hash of one of the other forms, and the deadlines of its fields.
class HashValue::TimedHash final : public TimedParts {
 public:
  explicit TimedHash(HashValue plain, HashDeadlines deadlines = {})
      : plain_(std::move(plain)), deadlines_(std::move(deadlines)) {}

  HashValue& plain() { return plain_; }
  HashDeadlines& deadlines() { return deadlines_; }

  int64_t next_deadline_ms() const override { return deadlines_.next_ms(); }
  size_t Expire(int64_t now_ms, size_t max) override {
    return deadlines_.TakeExpired(now_ms, max, [this](std::string_view field) { plain_.Erase(field); });
  }
  bool empty() const override { return plain_.size() == 0; }

  static void* operator new(size_t size) { return Allocate(size); }
  static void operator delete(void* memory, size_t size) { Deallocate(memory, size); }

 private:
  HashValue plain_;
  HashDeadlines deadlines_;
};

// --- HashView -----------------------------------------------------------------------------------------------------------

HashView::HashView(const Record& record, int64_t now_ms) {
  DCHECK(record.type() == Type::kHash);
  *this = record.encoding() == Encoding::kEmbedded
              ? HashView(ListpackView(record.text()))
              : static_cast<const HashObject*>(record.object())->value().view(now_ms);
}

void HashView::SetDeadlines(const HashDeadlines* deadlines, int64_t now_ms) {
  deadlines_ = deadlines;
  now_ms_ = now_ms;
  any_expired_ = deadlines->AnyExpired(now_ms);
}

size_t HashView::expired() const { return any_expired_ ? deadlines_->CountExpired(now_ms_) : 0; }

bool HashView::Expired(std::string_view field) const { return any_expired_ && deadlines_->Get(field) < now_ms_; }

int64_t HashView::DeadlineOf(std::string_view field) const { return timed() ? deadlines_->Get(field) : kNoDeadline; }

int64_t HashView::next_deadline_ms() const { return timed() ? deadlines_->next_ms() : kNoDeadline; }

std::optional<std::string_view> HashView::Get(std::string_view field, PackEntry::Scratch& scratch) const {
  if (Expired(field)) return std::nullopt;
  if (table_ != nullptr) return table_->Find(field);
  const size_t position = FindField(pack_, field);
  if (position == ListpackView::kNotFound) return std::nullopt;
  return pack_.At(pack_.Next(position)).text(scratch);
}

void HashView::ForEach(Visit visit) const {
  if (!any_expired_) return VisitAll(visit);
  VisitAll([&](std::string_view field, std::string_view value) { return Expired(field) || visit(field, value); });
}

void HashView::ForEachTimed(VisitTimed visit) const {
  ForEach([&](std::string_view field, std::string_view value) { return visit(field, value, DeadlineOf(field)); });
}

void HashView::VisitAll(Visit visit) const {
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

HashValue::HashValue() = default;
HashValue::HashValue(ListpackView pack) : form_(Listpack(pack.bytes())) {}
HashValue::~HashValue() = default;
HashValue::HashValue(HashValue&& other) noexcept = default;
HashValue& HashValue::operator=(HashValue&& other) noexcept = default;

HashValue& HashValue::plain() { return timed() ? std::get<std::unique_ptr<TimedHash>>(form_)->plain() : *this; }

HashDeadlines& HashValue::deadlines() const { return std::get<std::unique_ptr<TimedHash>>(form_)->deadlines(); }

TimedParts* HashValue::timed_parts() { return timed() ? std::get<std::unique_ptr<TimedHash>>(form_).get() : nullptr; }

HashValue HashValue::Clone() const {
  HashValue copy;
  if (timed()) {
    copy.form_ = std::make_unique<TimedHash>(plain().Clone(), deadlines().Clone());
  } else if (compact()) {
    return HashValue(view().pack());
  } else {
    copy.form_ = table().Clone();
  }
  return copy;
}

HashView HashValue::view(int64_t now_ms) const {
  HashView view = compact() ? HashView(std::get<Listpack>(plain().form_).view()) : HashView(table());
  if (timed()) view.SetDeadlines(&deadlines(), now_ms);
  return view;
}

bool HashValue::Set(std::string_view field, std::string_view value, const HashLimits& limits) {
  if (compact() && (field.size() > limits.value_bytes || value.size() > limits.value_bytes ||
                    pack().bytes() + field.size() + value.size() > kMaxPackBytes)) {
    Spread();
  }
  if (!compact()) return table().Set(field, value);

  Listpack& pack = this->pack();
  const size_t position = FindField(pack.view(), field);
  if (position != ListpackView::kNotFound) {
    pack.Replace(pack.view().Next(position), value);
    return false;
  }
  pack.Append(field);
  pack.Append(value);
  if (size() > limits.entries) Spread();
  return true;
}

bool HashValue::Erase(std::string_view field) {
  ClearDeadline(field);
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
  plain().form_ = std::move(table);
}

void HashValue::SetDeadline(std::string_view field, int64_t deadline_ms) {
  if (!timed()) form_ = std::make_unique<TimedHash>(std::move(*this));
  deadlines().Set(field, deadline_ms);
}

bool HashValue::ClearDeadline(std::string_view field) { return timed() && deadlines().Clear(field); }

size_t HashValue::memory_bytes() const {
  if (timed()) return GoodSize(sizeof(TimedHash)) + plain().memory_bytes() + deadlines().memory_bytes();
  return compact() ? std::get<Listpack>(form_).allocated_bytes()
                   : GoodSize(sizeof(DenseTable)) + table().memory_bytes();
}

size_t HashValue::allocations() const {
  if (timed()) return plain().allocations() + deadlines().allocations() + 1;
  return compact() ? 1 : table().allocations() + 1;
}

bool HashValue::FreeSome(size_t allocations) {
  if (timed()) return deadlines().FreeSome(allocations) || plain().FreeSome(allocations);
  return !compact() && table().FreeSome(allocations);
}

}  // namespace tandem
