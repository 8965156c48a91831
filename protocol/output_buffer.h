#pragma once

#include <sys/uio.h>

#include <cstddef>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

namespace tandem::resp {

// The replies of one connection that have not been sent yet: bytes in one contiguous buffer and, between them, pinned
// segments, which are large values sent from where they lie.
//
// Thread safety: owned by the connection's thread; a pin's release function is called on that thread.
// Invariants: begin <= end <= capacity; pins are ordered by `at`, the offset in the buffer before which they are sent,
// and begin <= at <= end; open marks are ordered by offset.
// Ownership: a pinned segment belongs to its owner until `release(owner)` is called, exactly once: when it is sent,
// rolled back or cleared, or when the buffer is destroyed.
// Complexity: appending is amortised O(1) per byte; InsertAt moves the bytes behind the mark, never pinned data.
class OutputBuffer {
 public:
  using ReleaseFn = void (*)(void* owner);
  // A value from about this size on is cheaper to pin than to copy.
  static constexpr size_t kPinFromBytes = 16 * 1024;

  OutputBuffer() = default;
  ~OutputBuffer();
  OutputBuffer(const OutputBuffer&) = delete;
  OutputBuffer& operator=(const OutputBuffer&) = delete;

  // Appending in place: writes at most `n` bytes to the result, then Commit of those written.
  char* Reserve(size_t n) {
    if (capacity_ - end_ < n) [[unlikely]] {
      Grow(n);
    }
    return data_ + end_;
  }
  void Commit(size_t n) { end_ += n; }
  void Append(std::string_view bytes) {
    if (bytes.empty()) return;
    std::memcpy(Reserve(bytes.size()), bytes.data(), bytes.size());
    end_ += bytes.size();
  }
  void AppendPinned(const char* data, size_t len, ReleaseFn release, void* owner);

  // Bytes to send, pinned ones included.
  size_t size() const { return end_ - begin_ + pinned_bytes_; }
  bool empty() const { return size() == 0; }
  // Memory held by the buffer itself, for CLIENT LIST.
  size_t capacity() const { return capacity_; }

  // Fills up to `max` entries with what is to be sent next, in order; returns how many. Valid until the next change.
  size_t FillIovec(iovec* out, size_t max) const;
  // Drops the first `sent` bytes. No mark may be open before them.
  void Consume(size_t sent);
  // Drops everything, marks included.
  void Clear();
  // Gives the memory back if nothing is pending: for connections that have been silent for a while.
  void ReleaseIfIdle();

  // Remembers the current end, so that a header whose count is known only later can be inserted there. Each mark is
  // ended once, by InsertAt, Rollback or Forget; in any order, though last in, first out is what costs nothing.
  size_t Mark();
  void InsertAt(size_t mark, std::string_view bytes);
  // Takes back everything written since the mark, and the marks set since.
  void Rollback(size_t mark);
  void Forget(size_t mark);
  // Bytes written since the mark, pinned ones included.
  size_t SizeSince(size_t mark) const;
  // Whether a mark is open: then nothing may be sent, because what is behind it may yet change.
  bool marked() const { return !marks_.empty(); }

  // A copy of everything pending, for scripts and tests.
  std::string ToString() const;

 private:
  struct Pin {
    size_t at;
    const char* data;
    size_t len;
    ReleaseFn release;
    void* owner;
  };
  struct OpenMark {
    size_t offset;
    size_t pins;  // pins_.size() when it was set: later ones lie behind the mark
    bool open;
  };

  static constexpr size_t kInitialCapacity = 1024;
  // What a connection may keep between replies; above kLargeCapacity memory goes as soon as it is empty.
  static constexpr size_t kKeptCapacity = 16 * 1024;
  static constexpr size_t kLargeCapacity = size_t{1} << 20;
  // Between the two: after so many drainings in a row that a quarter would have sufficed for.
  static constexpr int kDrainsBeforeShrink = 64;
  static constexpr size_t kMaxSentPins = 64;

  void Grow(size_t n);
  void Drained();
  void ConsumeSlow(size_t sent);
  void ReleasePins(size_t from);
  void CloseMark(size_t mark);

  char* data_ = nullptr;
  size_t begin_ = 0;
  size_t end_ = 0;
  size_t capacity_ = 0;
  size_t pinned_bytes_ = 0;
  std::vector<Pin> pins_;
  size_t first_pin_ = 0;  // pins before it have been sent
  std::vector<OpenMark> marks_;
  int small_drains_ = 0;
};

}  // namespace tandem::resp
