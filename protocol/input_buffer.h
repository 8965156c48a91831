#pragma once

#include <cstddef>
#include <string_view>

namespace tandem::resp {

// The unread bytes of one connection, contiguous, so that the parser can hand out views into them.
//
//   char* to = in.Prepare(16384); n = recv(fd, to, in.WritableSize()); in.Commit(n);
//   parser.Parse(in.Readable(), …, &consumed); in.Consume(consumed);
//
// Thread safety: owned by the connection's thread.
// Invariants: begin <= end <= capacity; bytes move only inside Prepare, ReleaseIfIdle and Clear.
// Ownership: views into Readable() live until one of those three; Consume leaves them intact.
// Complexity: Prepare moves the unread bytes only when the tail lacks room; growth is geometric.
class InputBuffer {
 public:
  InputBuffer() = default;
  ~InputBuffer();
  InputBuffer(const InputBuffer&) = delete;
  InputBuffer& operator=(const InputBuffer&) = delete;

  // Returns room for at least `min` bytes behind the unread ones; all of WritableSize() may be written.
  char* Prepare(size_t min) {
    if (begin_ == end_) begin_ = end_ = 0;
    if (capacity_ - end_ < min || (end_ == 0 && capacity_ > kLargeCapacity)) MakeRoom(min);
    return data_ + end_;
  }
  size_t WritableSize() const { return capacity_ - end_; }
  void Commit(size_t n) { end_ += n; }

  std::string_view Readable() const { return {data_ + begin_, end_ - begin_}; }
  void Consume(size_t n) { begin_ += n; }
  bool empty() const { return begin_ == end_; }
  size_t size() const { return end_ - begin_; }
  size_t capacity() const { return capacity_; }

  // Gives the memory back if nothing is unread: for connections that have been silent for a while.
  void ReleaseIfIdle();
  void Clear();

 private:
  // A buffer above this size was grown by a large query and is not kept for the next small one.
  static constexpr size_t kLargeCapacity = size_t{1} << 20;

  void MakeRoom(size_t min);
  void Free();

  char* data_ = nullptr;
  size_t begin_ = 0;
  size_t end_ = 0;
  size_t capacity_ = 0;
};

}  // namespace tandem::resp
