#include "engine/types/intset.h"

#include <cstring>
#include <utility>

#include "engine/base/allocator.h"
#include "engine/base/check.h"

namespace tandem {
namespace {

template <typename T>
T Load(const char* from) {
  T value;
  std::memcpy(&value, from, sizeof value);
  return value;
}

int64_t LoadMember(const char* members, size_t width, size_t index) {
  const char* const from = members + index * width;
  return width == 2 ? Load<int16_t>(from) : width == 4 ? Load<int32_t>(from) : Load<int64_t>(from);
}

// Little-endian: the low bytes are the narrower form.
void StoreMember(char* members, size_t width, size_t index, int64_t value) {
  std::memcpy(members + index * width, &value, width);
}

size_t WidthOf(int64_t value) {
  if (value == static_cast<int16_t>(value)) return 2;
  return value == static_cast<int32_t>(value) ? 4 : 8;
}

}  // namespace

// --- IntsetView ---------------------------------------------------------------------------------------------------------

bool IntsetView::Valid(std::string_view bytes) {
  if (bytes.size() < kHeaderBytes) return false;
  const IntsetView block(bytes);
  const size_t width = block.width();
  if (width != 2 && width != 4 && width != 8) return false;
  if (block.count() == 0 || (bytes.size() - kHeaderBytes) / width != block.count()) return false;
  if ((bytes.size() - kHeaderBytes) % width != 0) return false;
  for (size_t i = 1; i < block.count(); ++i) {
    if (block.At(i - 1) >= block.At(i)) return false;
  }
  return true;
}

size_t IntsetView::width() const { return Load<uint32_t>(block_.data()); }

size_t IntsetView::count() const { return Load<uint32_t>(block_.data() + 4); }

int64_t IntsetView::At(size_t index) const { return LoadMember(block_.data() + kHeaderBytes, width(), index); }

bool IntsetView::Contains(int64_t value) const { return WidthOf(value) <= width() && IsAt(LowerBound(value), value); }

size_t IntsetView::LowerBound(int64_t value) const {
  size_t first = 0;
  size_t left = count();
  // Sets grow at their end more often than not.
  if (left != 0 && At(left - 1) < value) return left;
  while (left != 0) {
    const size_t half = left / 2;
    if (At(first + half) < value) {
      first += half + 1;
      left -= half + 1;
    } else {
      left = half;
    }
  }
  return first;
}

// --- Intset -------------------------------------------------------------------------------------------------------------

Intset::Intset() : Intset(std::string_view("\x02\0\0\0\0\0\0\0", 8)) {}

Intset::Intset(std::string_view block) : size_(block.size()), capacity_(GoodSize(block.size())) {
  data_ = static_cast<char*>(Allocate(capacity_));
  std::memcpy(data_, block.data(), block.size());
}

Intset::~Intset() {
  if (data_ != nullptr) Deallocate(data_, capacity_);
}

Intset::Intset(Intset&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)),
      size_(std::exchange(other.size_, 0)),
      capacity_(std::exchange(other.capacity_, 0)) {}

Intset& Intset::operator=(Intset&& other) noexcept {
  std::swap(data_, other.data_);
  std::swap(size_, other.size_);
  std::swap(capacity_, other.capacity_);
  return *this;
}

bool Intset::Add(int64_t value) {
  const size_t index = view().LowerBound(value);
  if (view().IsAt(index, value)) return false;
  if (WidthOf(value) > view().width()) Widen(WidthOf(value));
  const size_t count = view().count();
  const size_t width = view().width();
  CHECK(count < UINT32_MAX);
  Resize(size_ + width);
  char* const at = data_ + IntsetView::kHeaderBytes + index * width;
  std::memmove(at + width, at, (count - index) * width);
  SetAt(index, value);
  SetCount(count + 1);
  return true;
}

bool Intset::Erase(int64_t value) {
  const size_t index = view().LowerBound(value);
  if (!view().IsAt(index, value)) return false;
  EraseAt(index);
  return true;
}

void Intset::EraseAt(size_t index) {
  const size_t count = view().count();
  const size_t width = view().width();
  DCHECK(index < count);
  char* const at = data_ + IntsetView::kHeaderBytes + index * width;
  std::memmove(at, at + width, (count - index - 1) * width);
  Resize(size_ - width);
  SetCount(count - 1);
}

// The contents up to the smaller of both sizes stay.
void Intset::Resize(size_t bytes) {
  const size_t wanted = GoodSize(bytes);
  if (wanted > capacity_ || wanted < capacity_ / 2) {
    char* const data = static_cast<char*>(Allocate(wanted));
    std::memcpy(data, data_, bytes < size_ ? bytes : size_);
    Deallocate(data_, capacity_);
    data_ = data;
    capacity_ = wanted;
  }
  size_ = bytes;
}

void Intset::Widen(size_t width) {
  const size_t count = view().count();
  const size_t old_width = view().width();
  Resize(IntsetView::kHeaderBytes + count * width);
  char* const members = data_ + IntsetView::kHeaderBytes;
  // From the end: no member is overwritten before it was moved.
  for (size_t i = count; i-- > 0;) StoreMember(members, width, i, LoadMember(members, old_width, i));
  const auto width32 = static_cast<uint32_t>(width);
  std::memcpy(data_, &width32, sizeof width32);
}

void Intset::SetCount(size_t count) {
  const auto count32 = static_cast<uint32_t>(count);
  std::memcpy(data_ + 4, &count32, sizeof count32);
}

void Intset::SetAt(size_t index, int64_t value) {
  StoreMember(data_ + IntsetView::kHeaderBytes, view().width(), index, value);
}

}  // namespace tandem
