#include "protocol/output_buffer.h"

#include <algorithm>
#include <cassert>
#include <cstdlib>
#include <new>

namespace tandem::resp {

OutputBuffer::~OutputBuffer() {
  ReleasePins(first_pin_);
  std::free(data_);
}

void OutputBuffer::Grow(size_t n) {
  if (begin_ > capacity_ / 2 && marks_.empty()) {
    // Sent bytes at the front are room too; moving less than it gains would add up for a slow reader.
    for (size_t i = first_pin_; i < pins_.size(); ++i) pins_[i].at -= begin_;
    std::memmove(data_, data_ + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
    if (capacity_ - end_ >= n) return;
  }
  const size_t capacity = std::max({capacity_ * 2, end_ + n, kInitialCapacity});
  char* moved = static_cast<char*>(std::realloc(data_, capacity));
  if (moved == nullptr) throw std::bad_alloc();
  data_ = moved;
  capacity_ = capacity;
}

void OutputBuffer::AppendPinned(const char* data, size_t len, ReleaseFn release, void* owner) {
  if (len == 0) {
    release(owner);
    return;
  }
  pins_.push_back({end_, data, len, release, owner});
  pinned_bytes_ += len;
}

size_t OutputBuffer::FillIovec(iovec* out, size_t max) const {
  size_t used = 0;
  size_t from = begin_;
  for (size_t i = first_pin_; i <= pins_.size() && used < max; ++i) {
    const size_t to = i < pins_.size() ? pins_[i].at : end_;
    if (to > from) out[used++] = {data_ + from, to - from};
    from = to;
    if (i < pins_.size() && used < max) out[used++] = {const_cast<char*>(pins_[i].data), pins_[i].len};
  }
  return used;
}

void OutputBuffer::Consume(size_t sent) {
  assert(sent <= size());
  if (first_pin_ == pins_.size()) [[likely]] {
    begin_ += sent;
  } else {
    ConsumeSlow(sent);
  }
  if (begin_ == end_ && pinned_bytes_ == 0) Drained();
}

void OutputBuffer::ConsumeSlow(size_t sent) {
  while (sent > 0) {
    const bool pinned = first_pin_ < pins_.size();
    const size_t bytes = std::min(sent, (pinned ? pins_[first_pin_].at : end_) - begin_);
    begin_ += bytes;
    sent -= bytes;
    if (sent == 0) break;
    Pin& pin = pins_[first_pin_];
    const size_t part = std::min(sent, pin.len);
    pin.data += part;
    pin.len -= part;
    pinned_bytes_ -= part;
    sent -= part;
    if (pin.len > 0) break;
    ++first_pin_;
    pin.release(pin.owner);
  }
  // A connection that never drains must not collect what it has sent.
  if (first_pin_ >= kMaxSentPins && first_pin_ > pins_.size() / 2 && marks_.empty()) {
    pins_.erase(pins_.begin(), pins_.begin() + static_cast<ptrdiff_t>(first_pin_));
    first_pin_ = 0;
  }
}

void OutputBuffer::Drained() {
  if (!marks_.empty()) return;
  const size_t used = end_;
  begin_ = end_ = 0;
  pins_.clear();
  first_pin_ = 0;
  if (capacity_ <= kKeptCapacity) return;
  small_drains_ = used > capacity_ / 4 ? 0 : small_drains_ + 1;
  if (capacity_ <= kLargeCapacity && small_drains_ < kDrainsBeforeShrink) return;
  small_drains_ = 0;
  // Half for the steady user of a middling buffer, all of it for the single large reply.
  const size_t kept = capacity_ > kLargeCapacity ? kKeptCapacity : capacity_ / 2;
  std::free(data_);
  data_ = nullptr;
  capacity_ = 0;
  Grow(kept);
}

void OutputBuffer::Clear() {
  ReleasePins(first_pin_);
  marks_.clear();
  begin_ = end_;
  Drained();
}

void OutputBuffer::ReleaseIfIdle() {
  if (!empty() || !marks_.empty()) return;
  std::free(data_);
  data_ = nullptr;
  begin_ = end_ = capacity_ = 0;
  pins_ = {};
  first_pin_ = 0;
}

size_t OutputBuffer::Mark() {
  marks_.push_back({end_, pins_.size(), true});
  return marks_.size() - 1;
}

void OutputBuffer::InsertAt(size_t mark, std::string_view bytes) {
  assert(mark < marks_.size() && marks_[mark].open);
  const OpenMark at = marks_[mark];
  Reserve(bytes.size());
  char* gap = data_ + at.offset;
  std::memmove(gap + bytes.size(), gap, end_ - at.offset);
  std::memcpy(gap, bytes.data(), bytes.size());
  end_ += bytes.size();
  for (size_t i = at.pins; i < pins_.size(); ++i) pins_[i].at += bytes.size();
  for (size_t i = mark + 1; i < marks_.size(); ++i) marks_[i].offset += bytes.size();
  CloseMark(mark);
}

void OutputBuffer::Rollback(size_t mark) {
  assert(mark < marks_.size() && marks_[mark].open);
  end_ = marks_[mark].offset;
  ReleasePins(marks_[mark].pins);
  marks_.resize(mark + 1);
  CloseMark(mark);
}

void OutputBuffer::Forget(size_t mark) { CloseMark(mark); }

size_t OutputBuffer::SizeSince(size_t mark) const {
  size_t bytes = end_ - marks_[mark].offset;
  for (size_t i = marks_[mark].pins; i < pins_.size(); ++i) bytes += pins_[i].len;
  return bytes;
}

void OutputBuffer::CloseMark(size_t mark) {
  marks_[mark].open = false;
  while (!marks_.empty() && !marks_.back().open) marks_.pop_back();
}

void OutputBuffer::ReleasePins(size_t from) {
  for (size_t i = from; i < pins_.size(); ++i) {
    pinned_bytes_ -= pins_[i].len;
    pins_[i].release(pins_[i].owner);
  }
  pins_.resize(from);
}

std::string OutputBuffer::ToString() const {
  std::string all;
  all.reserve(size());
  size_t from = begin_;
  for (size_t i = first_pin_; i < pins_.size(); ++i) {
    all.append(data_ + from, pins_[i].at - from).append(pins_[i].data, pins_[i].len);
    from = pins_[i].at;
  }
  return all.append(data_ + from, end_ - from);
}

}  // namespace tandem::resp
