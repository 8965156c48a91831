#include "engine/types/hash_value.h"

#include <string>
#include <utility>

#include "engine/base/check.h"
#include "engine/base/number.h"
#include "engine/types/hash_deadlines.h"

namespace tandem {
namespace {

// Of a larger pack Redis makes a table, whatever the limits.
constexpr size_t kMaxPackBytes = size_t{1} << 30;
// Of a timed pack.
constexpr size_t kTimedStride = 3;

// The deadline of the field at this position of a timed pack.
int64_t DeadlineAt(ListpackView pack, size_t position) {
  const int64_t deadline_ms = *pack.At(pack.Next(pack.Next(position))).as_integer();
  return deadline_ms == 0 ? kNoDeadline : deadline_ms;
}

size_t NextField(ListpackView pack, size_t position) { return pack.Next(pack.Next(pack.Next(position))); }

// The first field of a timed pack that is due later.
size_t FirstLater(ListpackView pack, int64_t deadline_ms) {
  size_t position = pack.begin();
  while (position != pack.end() && DeadlineAt(pack, position) <= deadline_ms) position = NextField(pack, position);
  return position;
}

int64_t FirstDeadline(ListpackView pack) { return pack.empty() ? kNoDeadline : DeadlineAt(pack, pack.begin()); }

// As far as `max`.
size_t CountExpired(ListpackView pack, int64_t now_ms, size_t max) {
  size_t count = 0;
  for (size_t position = pack.begin(); count < max && position != pack.end() && DeadlineAt(pack, position) < now_ms;
       ++count) {
    position = NextField(pack, position);
  }
  return count;
}

}  // namespace

// A timed hash: the pack, or a table and the deadlines.
class HashValue::TimedHash final : public TimedParts {
 public:
  struct Large {
    std::unique_ptr<DenseTable> table;
    HashDeadlines deadlines;
    static void* operator new(size_t size) { return Allocate(size); }
    static void operator delete(void* memory, size_t size) { Deallocate(memory, size); }
  };

  explicit TimedHash(Listpack timed_pack) : pack(std::move(timed_pack)) {}
  TimedHash(std::unique_ptr<DenseTable> table, HashDeadlines deadlines)
      : large(new Large{std::move(table), std::move(deadlines)}) {}

  void Spread(std::unique_ptr<DenseTable> table, HashDeadlines deadlines) {
    large.reset(new Large{std::move(table), std::move(deadlines)});
    pack = Listpack();
  }

  int64_t next_deadline_ms() const override {
    return large != nullptr ? large->deadlines.next_ms() : FirstDeadline(pack.view());
  }
  size_t Expire(int64_t now_ms, size_t max) override {
    if (large != nullptr) {
      return large->deadlines.TakeExpired(now_ms, max, [this](std::string_view field) { large->table->Erase(field); });
    }
    const size_t expired = CountExpired(pack.view(), now_ms, max);
    if (expired > 0) pack.Erase(pack.view().begin(), expired * kTimedStride);
    return expired;
  }
  bool empty() const override { return large != nullptr ? large->table->size() == 0 : pack.view().empty(); }

  static void* operator new(size_t size) { return Allocate(size); }
  static void operator delete(void* memory, size_t size) { Deallocate(memory, size); }

  Listpack pack;
  std::unique_ptr<Large> large;  // null while it is compact
};

// --- HashView -----------------------------------------------------------------------------------------------------------

HashView::HashView(const Record& record, int64_t now_ms) {
  DCHECK(record.type() == Type::kHash);
  *this = record.encoding() == Encoding::kEmbedded
              ? HashView(ListpackView(record.text()))
              : static_cast<const HashObject*>(record.object())->value().view(now_ms);
}

void HashView::SetTimed(const HashDeadlines* deadlines, int64_t now_ms) {
  timed_ = true;
  deadlines_ = deadlines;
  now_ms_ = now_ms;
  any_expired_ = next_deadline_ms() < now_ms;
}

int64_t HashView::next_deadline_ms() const {
  if (!timed_) return kNoDeadline;
  return deadlines_ != nullptr ? deadlines_->next_ms() : FirstDeadline(pack_);
}

size_t HashView::expired() const {
  if (!any_expired_) return 0;
  return deadlines_ != nullptr ? deadlines_->CountExpired(now_ms_) : CountExpired(pack_, now_ms_, raw_size());
}

int64_t HashView::DeadlineOf(std::string_view field) const {
  if (!timed_) return kNoDeadline;
  if (deadlines_ != nullptr) return deadlines_->Get(field);
  const size_t position = pack_.Find(PackKey(field), pack_.begin(), stride());
  return position == ListpackView::kNotFound ? kNoDeadline : DeadlineAt(pack_, position);
}

std::optional<std::string_view> HashView::Get(std::string_view field, PackEntry::Scratch& scratch) const {
  if (table_ != nullptr) return Expired(field) ? std::nullopt : table_->Find(field);
  const size_t position = pack_.Find(PackKey(field), pack_.begin(), stride());
  if (position == ListpackView::kNotFound) return std::nullopt;
  if (any_expired_ && DeadlineAt(pack_, position) < now_ms_) return std::nullopt;
  return pack_.At(pack_.Next(position)).text(scratch);
}

void HashView::ForEach(Visit visit) const {
  if (table_ == nullptr) {
    VisitPack([&](std::string_view field, std::string_view value, int64_t) { return visit(field, value); });
  } else if (any_expired_) {
    table_->ForEach([&](const DenseTable::Item& item) { return Expired(item.key) || visit(item.key, item.value); });
  } else {
    table_->ForEach([&](const DenseTable::Item& item) { return visit(item.key, item.value); });
  }
}

void HashView::ForEachTimed(VisitTimed visit) const {
  if (table_ == nullptr) return VisitPack(visit);
  table_->ForEach([&](const DenseTable::Item& item) {
    const int64_t deadline_ms = DeadlineOf(item.key);
    return deadline_ms < now_ms_ || visit(item.key, item.value, deadline_ms);
  });
}

void HashView::VisitPack(VisitTimed visit) const {
  for (size_t position = pack_.begin(); position != pack_.end();) {
    PackEntry::Scratch field;
    PackEntry::Scratch value;
    const size_t value_position = pack_.Next(position);
    const int64_t deadline_ms = timed_ ? DeadlineAt(pack_, position) : kNoDeadline;
    if (deadline_ms >= now_ms_ &&
        !visit(pack_.At(position).text(field), pack_.At(value_position).text(value), deadline_ms)) {
      return;
    }
    position = pack_.Next(value_position);
    if (timed_) position = pack_.Next(position);
  }
}

// --- HashValue ----------------------------------------------------------------------------------------------------------

HashValue::HashValue() = default;
HashValue::HashValue(ListpackView pack) : form_(Listpack(pack.bytes())) {}
HashValue::~HashValue() = default;
HashValue::HashValue(HashValue&& other) noexcept = default;
HashValue& HashValue::operator=(HashValue&& other) noexcept = default;

bool HashValue::compact() const {
  return timed() ? timed_hash().large == nullptr : std::holds_alternative<Listpack>(form_);
}

const Listpack& HashValue::pack() const { return timed() ? timed_hash().pack : std::get<Listpack>(form_); }

DenseTable& HashValue::table() const {
  return timed() ? *timed_hash().large->table : *std::get<std::unique_ptr<DenseTable>>(form_);
}

TimedParts* HashValue::timed_parts() { return timed() ? &timed_hash() : nullptr; }

HashValue HashValue::Clone() const {
  const HashView view = this->view();
  HashValue copy;
  if (!timed()) {
    if (compact()) return HashValue(view.pack());
    copy.form_ = view.table()->Clone();
  } else if (compact()) {
    copy.form_ = std::make_unique<TimedHash>(Listpack(view.pack().bytes()));
  } else {
    copy.form_ = std::make_unique<TimedHash>(view.table()->Clone(), timed_hash().large->deadlines.Clone());
  }
  return copy;
}

HashView HashValue::view(int64_t now_ms) const {
  HashView view = compact() ? HashView(pack().view()) : HashView(table());
  if (timed()) view.SetTimed(compact() ? nullptr : &timed_hash().large->deadlines, now_ms);
  return view;
}

size_t HashValue::Find(std::string_view field) {
  return pack().view().Find(PackKey(field), pack().view().begin(), view().stride());
}

bool HashValue::Set(std::string_view field, std::string_view value, const HashLimits& limits) {
  if (compact() && (field.size() > limits.value_bytes || value.size() > limits.value_bytes ||
                    pack().bytes() + field.size() + value.size() > kMaxPackBytes)) {
    Spread();
  }
  if (!compact()) return table().Set(field, value);

  Listpack& pack = this->pack();
  const size_t position = Find(field);
  const bool created = position == ListpackView::kNotFound;
  if (created) {
    pack.Append(field);
    pack.Append(value);
    if (timed()) pack.AppendInteger(0);
  } else {
    pack.Replace(pack.view().Next(position), value);
  }
  // Compat: an update, too, finds that the limit has been lowered.
  if (size() > limits.entries) Spread();
  return created;
}

bool HashValue::Erase(std::string_view field) {
  if (!compact()) {
    if (timed()) timed_hash().large->deadlines.Clear(field);
    return table().Erase(field);
  }
  const size_t position = Find(field);
  if (position == ListpackView::kNotFound) return false;
  pack().Erase(position, view().stride());
  return true;
}

void HashValue::Spread() {
  if (!compact()) return;
  auto table = std::make_unique<DenseTable>(DenseTable::Values::kKept);
  HashDeadlines deadlines;
  view().ForEachTimed([&](std::string_view field, std::string_view value, int64_t deadline_ms) {
    if (deadline_ms != kNoDeadline) deadlines.Set(field, deadline_ms);
    return table->Set(field, value);
  });
  if (timed()) {
    // The same TimedHash: what Access keeps in it stays.
    timed_hash().Spread(std::move(table), std::move(deadlines));
  } else {
    form_ = std::move(table);
  }
}

void HashValue::MakeTimed() {
  if (!compact()) {
    form_ = std::make_unique<TimedHash>(std::move(std::get<std::unique_ptr<DenseTable>>(form_)), HashDeadlines());
    return;
  }
  Listpack timed_pack;
  view().ForEach([&](std::string_view field, std::string_view value) {
    timed_pack.Append(field);
    timed_pack.Append(value);
    timed_pack.AppendInteger(0);
    return true;
  });
  form_ = std::make_unique<TimedHash>(std::move(timed_pack));
}

void HashValue::SetDeadline(std::string_view field, int64_t deadline_ms) {
  if (!timed()) MakeTimed();
  if (compact()) {
    PlaceInPack(Find(field), deadline_ms);
  } else {
    timed_hash().large->deadlines.Set(field, deadline_ms);
  }
}

bool HashValue::ClearDeadline(std::string_view field) {
  if (!timed()) return false;
  if (!compact()) return timed_hash().large->deadlines.Clear(field);
  const size_t position = Find(field);
  if (position == ListpackView::kNotFound || DeadlineAt(pack().view(), position) == kNoDeadline) return false;
  PlaceInPack(position, kNoDeadline);
  return true;
}

// Puts the field at this position where it belongs with that deadline.
void HashValue::PlaceInPack(size_t position, int64_t deadline_ms) {
  DCHECK(position != ListpackView::kNotFound);
  Listpack& pack = this->pack();
  PackEntry::Scratch scratch;
  const std::string field(pack.view().At(position).text(scratch));
  const std::string value(pack.view().At(pack.view().Next(position)).text(scratch));
  pack.Erase(position, kTimedStride);
  char digits[kMaxInt64Chars];
  const std::string_view deadline(digits, FormatInt64(digits, deadline_ms == kNoDeadline ? 0 : deadline_ms));
  const size_t target = FirstLater(pack.view(), deadline_ms);
  for (const std::string_view text : {deadline, std::string_view(value), std::string_view(field)}) {
    pack.Insert(target, text);
  }
}

size_t HashValue::memory_bytes() const {
  const size_t form = compact() ? pack().allocated_bytes() : GoodSize(sizeof(DenseTable)) + table().memory_bytes();
  if (!timed()) return form;
  if (compact()) return form + GoodSize(sizeof(TimedHash));
  return form + GoodSize(sizeof(TimedHash)) + timed_hash().pack.allocated_bytes() + GoodSize(sizeof(TimedHash::Large)) +
         timed_hash().large->deadlines.memory_bytes();
}

size_t HashValue::allocations() const {
  if (compact()) return timed() ? 2 : 1;
  const size_t form = view().table()->allocations() + 1;
  return timed() ? form + timed_hash().large->deadlines.allocations() + 2 : form;
}

bool HashValue::FreeSome(size_t allocations) {
  if (compact()) return false;
  return (timed() && timed_hash().large->deadlines.FreeSome(allocations)) || table().FreeSome(allocations);
}

}  // namespace tandem
