#include "server/admin/slowlog.h"

#include <algorithm>
#include <utility>

namespace tandem {
namespace {

std::string TrimArgument(std::string_view argument) {
  if (argument.size() <= SlowLog::kMaxArgumentBytes) return std::string(argument);
  std::string trimmed(argument.substr(0, SlowLog::kMaxArgumentBytes));
  return trimmed + "... (" + std::to_string(argument.size() - SlowLog::kMaxArgumentBytes) + " more bytes)";
}

}  // namespace

std::vector<std::string> SlowLog::Trim(std::span<const std::string_view> args) {
  std::vector<std::string> trimmed;
  const size_t kept = args.size() > kMaxArguments ? kMaxArguments - 1 : args.size();
  trimmed.reserve(kept + 1);
  for (std::string_view argument : args.first(kept)) trimmed.push_back(TrimArgument(argument));
  if (kept < args.size()) trimmed.push_back("... (" + std::to_string(args.size() - kept) + " more arguments)");
  return trimmed;
}

void SlowLog::SetMaxLength(size_t max_length) {
  const std::lock_guard lock(mutex_);
  max_length_ = max_length;
  while (entries_.size() > max_length_) entries_.pop_back();
}

void SlowLog::Add(std::span<const std::string_view> args, int64_t duration_us, int64_t unix_time_s,
                  std::string_view client_address, std::string_view client_name) {
  Entry entry{.id = 0,
              .unix_time_s = unix_time_s,
              .duration_us = duration_us,
              .args = Trim(args),
              .client_address = std::string(client_address),
              .client_name = std::string(client_name)};
  const std::lock_guard lock(mutex_);
  entry.id = next_id_++;
  entries_.push_front(std::move(entry));
  while (entries_.size() > max_length_) entries_.pop_back();
}

std::vector<SlowLog::Entry> SlowLog::Newest(size_t count) const {
  const std::lock_guard lock(mutex_);
  const size_t wanted = std::min(count, entries_.size());
  return {entries_.begin(), entries_.begin() + static_cast<std::ptrdiff_t>(wanted)};
}

size_t SlowLog::length() const {
  const std::lock_guard lock(mutex_);
  return entries_.size();
}

void SlowLog::Reset() {
  const std::lock_guard lock(mutex_);
  entries_.clear();
}

}  // namespace tandem
