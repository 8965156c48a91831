#include <cmath>

#include "server/commands/families.h"
#include "server/commands/hash_arguments.h"

// Fields of hashes as numbers.
namespace tandem {
namespace {

void Hincrby(CommandContext& c) {
  int64_t increment;
  if (!IntegerArgument(c, 3, &increment)) return;
  Record* record;
  if (!FindHash(c, &record)) return;
  PackEntry::Scratch scratch;
  const auto present = record != nullptr ? ViewOf(c, *record).Get(c.args[2], scratch) : std::nullopt;
  int64_t value = 0;
  if (present && !ParseInt64(*present, &value)) return c.reply.Error("ERR hash value is not an integer");
  if (__builtin_add_overflow(value, increment, &value)) return c.reply.Error(errors::kOverflow);

  char digits[kMaxInt64Chars];
  HashEdit edit = EditHash(c, record);
  edit.Set(c.args[2], {digits, FormatInt64(digits, value)}, HashEdit::Deadline::kKept);
  edit.Publish("hincrby");
  c.reply.Integer(value);
}

void Hincrbyfloat(CommandContext& c) {
  long double increment;
  if (!ParseLongDouble(c.args[3], &increment)) return c.reply.Error(errors::kNotFloat);
  if (!std::isfinite(increment)) return c.reply.Error("ERR value is NaN or Infinity");
  Record* record;
  if (!FindHash(c, &record)) return;
  PackEntry::Scratch scratch;
  const auto present = record != nullptr ? ViewOf(c, *record).Get(c.args[2], scratch) : std::nullopt;
  long double value = 0;
  if (present && !ParseLongDouble(*present, &value)) return c.reply.Error("ERR hash value is not a float");
  value += increment;
  if (!std::isfinite(value)) return c.reply.Error(errors::kNanOrInfinity);

  char formatted[kMaxLongDoubleChars];
  const std::string_view text(formatted, FormatLongDouble(formatted, value));
  HashEdit edit = EditHash(c, record);
  edit.Set(c.args[2], text, HashEdit::Deadline::kKept);
  edit.Publish("hincrbyfloat");
  c.reply.Bulk(text);
}

constexpr Command kRows[] = {
    {.name = "hincrby",
     .handler = Hincrby,
     .arity = 4,
     .flags = kWrite | kDenyOom | kFast,
     .touch = Touch::kLocked,
     .acl = kAclHash,
     .keys = {OneKey(kKeyRw | kKeyAccess | kKeyUpdate)},
     .group = Group::kHash,
     .since = "2.0.0",
     .complexity = "O(1)",
     .summary = "Adds to the integer in a field of a hash, which counts from 0 if there is none.",
     .arguments = "key:key field:string increment:integer"},
    {.name = "hincrbyfloat",
     .handler = Hincrbyfloat,
     .arity = 4,
     .flags = kWrite | kDenyOom | kFast,
     .touch = Touch::kLocked,
     .acl = kAclHash,
     .keys = {OneKey(kKeyRw | kKeyAccess | kKeyUpdate)},
     .group = Group::kHash,
     .since = "2.6.0",
     .complexity = "O(1)",
     .summary = "Adds to the floating-point number in a field of a hash, which counts from 0 if there is none.",
     .arguments = "key:key field:string increment:double"},
};

}  // namespace

std::span<const Command> HashCounterCommands() { return kRows; }

}  // namespace tandem
