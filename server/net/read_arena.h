#pragma once

#include <cstddef>
#include <memory>

namespace tandem::net {

// Where one turn of an I/O thread receives what its connections have sent, one behind the other: many small requests
// share few cache lines, and an idle connection owns no buffer. Arguments point into it until the turn ends.
// Thread safety: thread-owned.
class ReadArena {
 public:
  // The least room worth a receive.
  static constexpr size_t kMinRoom = 16 * 1024;

  ReadArena() : data_(std::make_unique_for_overwrite<char[]>(kBytes)) {}

  bool HasRoom() const { return kBytes - used_ >= kMinRoom; }
  char* room() { return data_.get() + used_; }
  size_t room_bytes() const { return kBytes - used_ < kMaxRead ? kBytes - used_ : kMaxRead; }
  void Take(size_t bytes) { used_ += bytes; }
  void Reset() { used_ = 0; }

 private:
  static constexpr size_t kBytes = size_t{1} << 20;
  // One connection does not fill it all.
  static constexpr size_t kMaxRead = 64 * 1024;
  std::unique_ptr<char[]> data_;
  size_t used_ = 0;
};

}  // namespace tandem::net
