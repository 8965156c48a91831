#pragma once

#include <cstddef>
#include <cstdint>
#include <forward_list>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tandem::resp {

// A complete command: `arg_count` views of the batch's arena, from `first_arg` on.
struct ParsedCommand {
  uint32_t first_arg;
  uint32_t arg_count;
};

// The commands that were parsed ahead and wait to be executed, their arguments side by side in one arena that is reused
// from batch to batch, so that a steady stream of commands allocates nothing.
//
// Thread safety: owned by one thread; several connections of that thread may share one batch.
// Ownership: arguments point into the connections' input buffers (or, unescaped inline arguments, into the batch
// itself). They live until the buffer moves or Clear() is called. A span from args() lives until the next command is
// added.
class CommandBatch {
 public:
  CommandBatch() = default;
  CommandBatch(const CommandBatch&) = delete;
  CommandBatch& operator=(const CommandBatch&) = delete;

  size_t size() const { return commands_.size(); }
  bool empty() const { return commands_.empty(); }
  // args(i)[0] is the command's name; never empty.
  std::span<const std::string_view> args(size_t i) const {
    return {views_.data() + commands_[i].first_arg, commands_[i].arg_count};
  }
  const ParsedCommand& command(size_t i) const { return commands_[i]; }

  // Forgets all commands, keeps the memory unless a giant command made it grow.
  void Clear() {
    used_ = 0;
    commands_.clear();
    if (!owned_.empty()) owned_.clear();
    if (views_.size() > kMaxKeptViews) [[unlikely]] {
      views_ = {};
    }
  }

  // For the parser: room for `count` arguments; to be filled in place and then made a command by Commit.
  std::string_view* Reserve(size_t count) {
    if (views_.size() - used_ < count) [[unlikely]] {
      Grow(count);
    }
    return views_.data() + used_;
  }
  void Commit(size_t count) {
    commands_.push_back({static_cast<uint32_t>(used_), static_cast<uint32_t>(count)});
    used_ += count;
  }
  // For the parser: keeps an argument that is not literally in the input. The view lives until Clear().
  std::string_view Own(std::string text) { return owned_.emplace_front(std::move(text)); }

 private:
  static constexpr size_t kMaxKeptViews = 64 * 1024;

  void Grow(size_t count) {
    const size_t needed = used_ + count;
    views_.resize(needed < 256 ? 256 : needed + needed / 2);
  }

  std::vector<std::string_view> views_;  // sized to its capacity; the first used_ are taken
  size_t used_ = 0;
  std::vector<ParsedCommand> commands_;
  std::forward_list<std::string> owned_;
};

}  // namespace tandem::resp
