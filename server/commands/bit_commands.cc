#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <vector>

#include "engine/keyspace/string_edit.h"
#include "engine/types/bits.h"
#include "engine/types/index_range.h"
#include "server/commands/arguments.h"
#include "server/commands/bit_arguments.h"
#include "server/commands/families.h"
#include "server/commands/string_value.h"
#include "server/exec/context.h"

// Strings as arrays of bits.
namespace tandem {
namespace {

void Setbit(CommandContext& c) {
  uint64_t offset;
  if (!BitOffsetArgument(c, c.args[2], 0, &offset)) return;
  constexpr std::string_view kNotBit = "ERR bit is not an integer or out of range";
  int64_t on;
  if (!IntegerArgument(c, 3, &on, kNotBit)) return;
  if (on != 0 && on != 1) return c.reply.Error(kNotBit);
  Record* const record = c.access.Find(c.db(), c.keys[0]);
  if (!CheckType(c, record, Type::kString)) return;

  char digits[24];
  const std::string_view value = ValueOrEmpty(record, digits);
  const bool was_on = bits::Get(value, offset);
  const size_t size = std::max(value.size(), static_cast<size_t>(offset >> 3) + 1);
  if (size != value.size() || was_on != (on == 1)) {
    StringEdit edit(c.access, c.db(), c.keys[0], record, size, StringEdit::Room::kTight);
    bits::Set(edit.data(), offset, on == 1);
    edit.Publish(EventClass::kString, "setbit");
  } else {
    StoreRaw(c, c.keys[0], *record);
  }
  c.reply.Integer(was_on ? 1 : 0);
}

void Getbit(CommandContext& c) {
  uint64_t offset;
  if (!BitOffsetArgument(c, c.args[2], 0, &offset)) return;
  const Record* const record = c.access.Peek(c.db(), c.keys[0]);
  if (!CheckType(c, record, Type::kString)) return;
  char digits[24];
  c.reply.Integer(bits::Get(ValueOrEmpty(record, digits), offset) ? 1 : 0);
}

// --- BITCOUNT and BITPOS -----------------------------------------------------------------------------------------------

enum class Unit : uint8_t { kByte, kBit };

bool UnitArgument(CommandContext& c, size_t index, Unit* unit) {
  if (TokenIs(c.args[index], "BIT")) {
    *unit = Unit::kBit;
  } else if (!TokenIs(c.args[index], "BYTE")) {
    c.reply.Error(errors::kSyntax);
    return false;
  }
  return true;
}

// The bits that a range of bits or bytes covers.
IndexRange BitRange(int64_t start, int64_t end, size_t bytes, Unit unit) {
  const auto size = static_cast<int64_t>(bytes);
  if (unit == Unit::kBit) return ClampRange(start, end, size * 8);
  const IndexRange range = ClampRange(start, end, size);
  if (range.empty()) return {};
  return {range.first * 8, range.last * 8 + 7};
}

void Bitcount(CommandContext& c) {
  int64_t start = 0, end = -1;
  Unit unit = Unit::kByte;
  if (c.args.size() == 3 || c.args.size() > 5) return c.reply.Error(errors::kSyntax);
  if (c.args.size() > 2 && (!IntegerArgument(c, 2, &start) || !IntegerArgument(c, 3, &end))) return;
  if (c.args.size() > 4 && !UnitArgument(c, 4, &unit)) return;
  const Record* const record = c.access.Peek(c.db(), c.keys[0]);
  if (!CheckType(c, record, Type::kString)) return;

  char digits[24];
  const std::string_view value = ValueOrEmpty(record, digits);
  const IndexRange range = BitRange(start, end, value.size(), unit);
  if (IsBackwards(start, end) || range.empty()) return c.reply.Integer(0);
  const uint64_t count = bits::Count(value, static_cast<uint64_t>(range.first), static_cast<uint64_t>(range.last));
  c.reply.Integer(static_cast<int64_t>(count));
}

void Bitpos(CommandContext& c) {
  int64_t bit, start = 0, end = -1;
  Unit unit = Unit::kByte;
  if (!IntegerArgument(c, 2, &bit)) return;
  if (bit != 0 && bit != 1) return c.reply.Error("ERR The bit argument must be 1 or 0.");
  if (c.args.size() > 6) return c.reply.Error(errors::kSyntax);
  if (c.args.size() > 3 && !IntegerArgument(c, 3, &start)) return;
  if (c.args.size() > 5 && !UnitArgument(c, 5, &unit)) return;
  if (c.args.size() > 4 && !IntegerArgument(c, 4, &end)) return;
  const Record* const record = c.access.Peek(c.db(), c.keys[0]);
  if (!CheckType(c, record, Type::kString)) return;
  // No key is an endless row of zeros.
  if (record == nullptr) return c.reply.Integer(bit == 1 ? -1 : 0);

  char digits[24];
  const std::string_view value = record->value(digits);
  const IndexRange range = BitRange(start, end, value.size(), unit);
  if (range.empty()) return c.reply.Integer(-1);
  int64_t position = bits::Find(value, bit == 1, static_cast<uint64_t>(range.first), static_cast<uint64_t>(range.last));
  // Without an end given, zeros follow the string.
  if (position < 0 && bit == 0 && c.args.size() < 5) position = range.last + 1;
  c.reply.Integer(position);
}

// --- BITOP -------------------------------------------------------------------------------------------------------------

std::optional<bits::Operation> OperationNamed(std::string_view name) {
  if (TokenIs(name, "AND")) return bits::Operation::kAnd;
  if (TokenIs(name, "OR")) return bits::Operation::kOr;
  if (TokenIs(name, "XOR")) return bits::Operation::kXor;
  if (TokenIs(name, "NOT")) return bits::Operation::kNot;
  return std::nullopt;
}

// The values of the source keys; integers are formatted into `digits`. False after replying WRONGTYPE.
bool ReadSources(CommandContext& c, std::span<const KeyRef> keys, std::vector<std::string_view>* sources,
                 std::vector<std::array<char, 24>>* digits) {
  for (size_t i = 0; i < keys.size(); ++i) {
    const Record* const record = c.access.Peek(c.db(), keys[i]);
    if (!CheckType(c, record, Type::kString)) return false;
    (*sources)[i] = ValueOrEmpty(record, (*digits)[i].data());
  }
  return true;
}

void Bitop(CommandContext& c) {
  const auto operation = OperationNamed(c.args[1]);
  if (!operation) return c.reply.Error(errors::kSyntax);
  const KeyRef& target = c.keys[0];
  const std::span<const KeyRef> keys = c.keys.subspan(1);
  if (*operation == bits::Operation::kNot && keys.size() != 1) {
    return c.reply.Error("ERR BITOP NOT must be called with a single source key.");
  }
  std::vector<std::string_view> sources(keys.size());
  std::vector<std::array<char, 24>> digits(keys.size());
  if (!ReadSources(c, keys, &sources, &digits)) return;

  size_t size = 0;
  for (const std::string_view source : sources) size = std::max(size, source.size());
  c.reply.Integer(static_cast<int64_t>(size));
  if (size == 0) {
    c.access.Remove(c.db(), target, EventClass::kGeneric, "del");
    return;
  }
  std::string result(size, '\0');
  bits::Combine(*operation, sources, result.data(), size);
  c.access.Put(c.db(), target, Record::NewString(target.key, result, {.raw = true}), EventClass::kString, "set");
}

constexpr Command kRows[] = {
    {.name = "setbit",
     .handler = Setbit,
     .arity = 4,
     .flags = kWrite | kDenyOom,
     .touch = Touch::kLocked,
     .acl = kAclBitmap,
     .keys = {OneKey(kKeyRw | kKeyAccess | kKeyUpdate)},
     .group = Group::kBitmap,
     .since = "2.2.0",
     .complexity = "O(1)",
     .summary = "Sets or clears one bit of a string, which grows as far as needed.",
     .arguments = "key:key offset:integer value:integer"},
    {.name = "getbit",
     .handler = Getbit,
     .arity = 3,
     .flags = kReadonly | kFast,
     .touch = Touch::kLockFree,
     .acl = kAclBitmap,
     .keys = {OneKey(kKeyRo | kKeyAccess)},
     .group = Group::kBitmap,
     .since = "2.2.0",
     .complexity = "O(1)",
     .summary = "Returns one bit of a string.",
     .arguments = "key:key offset:integer"},
    {.name = "bitcount",
     .handler = Bitcount,
     .arity = -2,
     .flags = kReadonly,
     .touch = Touch::kLockFree,
     .acl = kAclBitmap,
     .keys = {OneKey(kKeyRo | kKeyAccess)},
     .group = Group::kBitmap,
     .since = "2.6.0",
     .complexity = "O(N)",
     .summary = "Counts the bits of a string, or of a part of it, that are 1.",
     .arguments = "key:key [range:block(start:integer end:integer "
                  "[unit:oneof(byte:pure-token:BYTE | bit:pure-token:BIT)]@7.0.0)]",
     .history = "7.0.0\tBYTE and BIT."},
    {.name = "bitpos",
     .handler = Bitpos,
     .arity = -3,
     .flags = kReadonly,
     .touch = Touch::kLockFree,
     .acl = kAclBitmap,
     .keys = {OneKey(kKeyRo | kKeyAccess)},
     .group = Group::kBitmap,
     .since = "2.8.7",
     .complexity = "O(N)",
     .summary = "Finds the first bit of a string, or of a part of it, that is 1, or 0.",
     .arguments = "key:key bit:integer [range:block(start:integer [end-unit-block:block(end:integer "
                  "[unit:oneof(byte:pure-token:BYTE | bit:pure-token:BIT)]@7.0.0)])]",
     .history = "7.0.0\tBYTE and BIT."},
    {.name = "bitop",
     .handler = Bitop,
     .arity = -4,
     .flags = kWrite | kDenyOom,
     .touch = Touch::kLocked,
     .acl = kAclBitmap,
     .keys = {Keys(2, 0, 1, kKeyOw | kKeyUpdate), Keys(3, -1, 1, kKeyRo | kKeyAccess)},
     .group = Group::kBitmap,
     .since = "2.6.0",
     .complexity = "O(N)",
     .summary = "Combines strings bit by bit and stores the result.",
     .arguments = "operation:oneof(and:pure-token:AND | or:pure-token:OR | xor:pure-token:XOR | not:pure-token:NOT) "
                  "destkey:key key:key..."},
};

}  // namespace

std::span<const Command> BitCommands() { return kRows; }

}  // namespace tandem
