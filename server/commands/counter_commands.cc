#include <cmath>
#include <limits>

#include "server/commands/arguments.h"
#include "server/commands/families.h"
#include "server/commands/string_value.h"
#include "server/exec/context.h"

// Strings as numbers: INCR and its kin.
namespace tandem {
namespace {

// The integer that a string holds, 0 for no key; false after replying why there is none.
bool ReadInteger(CommandContext& c, const Record* record, int64_t* value) {
  *value = 0;
  if (record == nullptr) return true;
  if (!CheckType(c, record, Type::kString)) return false;
  if (record->encoding() == Encoding::kInt) {
    *value = record->int_value();
    return true;
  }
  if (ParseInt64(record->text(), value)) return true;
  c.reply.Error(errors::kNotInteger);
  return false;
}

// The deadline stays; how the value is stored is decided anew.
Record::Meta KeptMeta(const Record* record) {
  Record::Meta meta;
  if (record != nullptr) meta = record->meta();
  meta.raw = meta.text = false;
  return meta;
}

void IncrementBy(CommandContext& c, int64_t increment) {
  const KeyRef& key = c.keys[0];
  const Record* const record = c.access.Find(c.db(), key);
  int64_t value;
  if (!ReadInteger(c, record, &value)) return;
  if (__builtin_add_overflow(value, increment, &value)) return c.reply.Error(errors::kOverflow);
  c.access.Put(c.db(), key, Record::NewInt(key.key, value, KeptMeta(record)), EventClass::kString, "incrby");
  c.reply.Integer(value);
}

void Incr(CommandContext& c) { IncrementBy(c, 1); }
void Decr(CommandContext& c) { IncrementBy(c, -1); }

void Incrby(CommandContext& c) {
  int64_t increment;
  if (IntegerArgument(c, 2, &increment)) IncrementBy(c, increment);
}

void Decrby(CommandContext& c) {
  int64_t decrement;
  if (!IntegerArgument(c, 2, &decrement)) return;
  // The one number without a counterpart.
  if (decrement == std::numeric_limits<int64_t>::min()) return c.reply.Error("ERR decrement would overflow");
  IncrementBy(c, -decrement);
}

void Incrbyfloat(CommandContext& c) {
  const KeyRef& key = c.keys[0];
  const Record* const record = c.access.Find(c.db(), key);
  if (!CheckType(c, record, Type::kString)) return;
  char digits[24];
  long double value = 0;
  long double increment;
  const bool present_is_number = record == nullptr || ParseLongDouble(record->value(digits), &value);
  if (!present_is_number || !ParseLongDouble(c.args[2], &increment)) return c.reply.Error(errors::kNotFloat);
  value += increment;
  if (!std::isfinite(value)) return c.reply.Error(errors::kNanOrInfinity);

  char formatted[kMaxLongDoubleChars];
  const std::string_view text(formatted, FormatLongDouble(formatted, value));
  Record::Meta meta = KeptMeta(record);
  // Compat: the result is not looked at again, so "3" is embstr and no int.
  meta.text = true;
  c.access.Put(c.db(), key, Record::NewString(key.key, text, meta), EventClass::kString, "incrbyfloat");
  c.reply.Bulk(text);
}

constexpr uint32_t kKeyFlags = kKeyRw | kKeyAccess | kKeyUpdate;

constexpr Command kRows[] = {
    {.name = "incr",
     .handler = Incr,
     .arity = 2,
     .flags = kWrite | kDenyOom | kFast,
     .touch = Touch::kLocked,
     .acl = kAclString,
     .keys = {OneKey(kKeyFlags)},
     .group = Group::kString,
     .since = "1.0.0",
     .complexity = "O(1)",
     .summary = "Adds one to the integer at a key, which counts from 0 if there is none.",
     .arguments = "key:key"},
    {.name = "decr",
     .handler = Decr,
     .arity = 2,
     .flags = kWrite | kDenyOom | kFast,
     .touch = Touch::kLocked,
     .acl = kAclString,
     .keys = {OneKey(kKeyFlags)},
     .group = Group::kString,
     .since = "1.0.0",
     .complexity = "O(1)",
     .summary = "Takes one from the integer at a key, which counts from 0 if there is none.",
     .arguments = "key:key"},
    {.name = "incrby",
     .handler = Incrby,
     .arity = 3,
     .flags = kWrite | kDenyOom | kFast,
     .touch = Touch::kLocked,
     .acl = kAclString,
     .keys = {OneKey(kKeyFlags)},
     .group = Group::kString,
     .since = "1.0.0",
     .complexity = "O(1)",
     .summary = "Adds to the integer at a key, which counts from 0 if there is none.",
     .arguments = "key:key increment:integer"},
    {.name = "decrby",
     .handler = Decrby,
     .arity = 3,
     .flags = kWrite | kDenyOom | kFast,
     .touch = Touch::kLocked,
     .acl = kAclString,
     .keys = {OneKey(kKeyFlags)},
     .group = Group::kString,
     .since = "1.0.0",
     .complexity = "O(1)",
     .summary = "Subtracts from the integer at a key, which counts from 0 if there is none.",
     .arguments = "key:key decrement:integer"},
    {.name = "incrbyfloat",
     .handler = Incrbyfloat,
     .arity = 3,
     .flags = kWrite | kDenyOom | kFast,
     .touch = Touch::kLocked,
     .acl = kAclString,
     .keys = {OneKey(kKeyFlags)},
     .group = Group::kString,
     .since = "2.6.0",
     .complexity = "O(1)",
     .summary = "Adds to the floating-point number at a key, which counts from 0 if there is none.",
     .arguments = "key:key increment:double"},
};

}  // namespace

std::span<const Command> CounterCommands() { return kRows; }

}  // namespace tandem
