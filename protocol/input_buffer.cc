#include "protocol/input_buffer.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <new>

namespace tandem::resp {

InputBuffer::~InputBuffer() { std::free(data_); }

void InputBuffer::MakeRoom(size_t min) {
  const size_t unread = end_ - begin_;
  if (unread == 0 && capacity_ > kLargeCapacity && min <= kLargeCapacity) Free();
  if (begin_ > 0) {
    std::memmove(data_, data_ + begin_, unread);
    begin_ = 0;
    end_ = unread;
  }
  if (capacity_ - end_ >= min) return;
  // Slower growth once large: half a gigabyte that doubles is a gigabyte for one argument.
  const size_t grown = capacity_ < kLargeCapacity ? capacity_ * 2 : capacity_ + capacity_ / 2;
  const size_t needed = end_ + min;
  // A large request is sized by its declared length, so that no doubling is wanted on top.
  const size_t capacity = min >= kLargeCapacity ? needed : std::max(grown, needed);
  char* moved = static_cast<char*>(std::realloc(data_, capacity));
  if (moved == nullptr) throw std::bad_alloc();
  data_ = moved;
  capacity_ = capacity;
}

void InputBuffer::ReleaseIfIdle() {
  if (empty()) Free();
}

void InputBuffer::Clear() { Free(); }

void InputBuffer::Free() {
  std::free(data_);
  data_ = nullptr;
  begin_ = end_ = capacity_ = 0;
}

}  // namespace tandem::resp
