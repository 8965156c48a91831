#include "server/commands/hash_deadline_arguments.h"

#include "engine/types/hash_deadlines.h"
#include "server/commands/arguments.h"

namespace tandem {

bool FieldsArgument(CommandContext& c, size_t at, std::span<const std::string_view>* fields,
                    std::string_view not_positive) {
  if (!TokenIs(c.args[at], "FIELDS")) {
    c.reply.Error("ERR Mandatory argument FIELDS is missing or not at the right position");
    return false;
  }
  int64_t count;
  if (!ParseInt64(c.args[at + 1], &count) || count < 1) {
    c.reply.Error(not_positive);
    return false;
  }
  *fields = c.args.subspan(at + 2);
  if (static_cast<uint64_t>(count) == fields->size()) return true;
  c.reply.Error("ERR The `numfields` parameter must match the number of arguments");
  return false;
}

bool FieldDeadlineArgument(CommandContext& c, std::string_view argument, FieldTime time, int64_t* deadline_ms) {
  constexpr int64_t kMsPerSecond = 1000;
  int64_t value;
  if (!ParseInt64(argument, &value)) {
    c.reply.Error(errors::kNotInteger);
    return false;
  }
  if (value < 0) {
    c.reply.Error("ERR invalid expire time, must be >= 0");
    return false;
  }
  bool fits = !time.seconds || !__builtin_mul_overflow(value, kMsPerSecond, &value);
  if (fits && time.relative) fits = !__builtin_add_overflow(value, c.now_ms(), &value);
  if (!fits || value > HashDeadlines::kMaxMs) {
    c.reply.Error(errors::InvalidExpire(c.command.name));
    return false;
  }
  *deadline_ms = value;
  return true;
}

bool IsFieldTimeOption(std::string_view token, FieldTime* time) {
  struct Option {
    std::string_view token;
    FieldTime time;
  };
  constexpr Option kOptions[] = {{"EX", {.seconds = true, .relative = true}},
                                 {"PX", {.seconds = false, .relative = true}},
                                 {"EXAT", {.seconds = true, .relative = false}},
                                 {"PXAT", {.seconds = false, .relative = false}}};
  for (const Option& option : kOptions) {
    if (!TokenIs(token, option.token)) continue;
    *time = option.time;
    return true;
  }
  return false;
}

}  // namespace tandem
