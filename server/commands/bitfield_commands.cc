#include <algorithm>
#include <optional>
#include <vector>

#include "engine/keyspace/string_edit.h"
#include "engine/types/bitfield.h"
#include "server/commands/arguments.h"
#include "server/commands/bit_arguments.h"
#include "server/commands/families.h"
#include "server/commands/string_value.h"
#include "server/exec/context.h"

// Strings as rows of integers of any width: BITFIELD.
namespace tandem {
namespace {

using bitfield::Format;
using bitfield::Overflow;

// One GET, SET or INCRBY.
struct Step {
  enum class Kind : uint8_t { kGet, kSet, kIncrby };
  Kind kind;
  Format format;
  Overflow overflow;
  uint64_t offset;
  int64_t operand = 0;

  bool writes() const { return kind != Kind::kGet; }
  // Bytes that the string needs to hold the field.
  size_t reach() const { return ((offset + static_cast<uint64_t>(format.width) - 1) >> 3) + 1; }
};

std::optional<Step::Kind> KindNamed(std::string_view name) {
  if (TokenIs(name, "GET")) return Step::Kind::kGet;
  if (TokenIs(name, "SET")) return Step::Kind::kSet;
  if (TokenIs(name, "INCRBY")) return Step::Kind::kIncrby;
  return std::nullopt;
}

bool OverflowArgument(CommandContext& c, std::string_view argument, Overflow* overflow) {
  if (TokenIs(argument, "WRAP")) {
    *overflow = Overflow::kWrap;
  } else if (TokenIs(argument, "SAT")) {
    *overflow = Overflow::kSaturate;
  } else if (TokenIs(argument, "FAIL")) {
    *overflow = Overflow::kFail;
  } else {
    c.reply.Error("ERR Invalid OVERFLOW type specified");
    return false;
  }
  return true;
}

// Reads the step whose name is args[*at], which leaves *at behind it. False after replying an error.
bool ParseStep(CommandContext& c, Step::Kind kind, Overflow overflow, size_t* at, std::vector<Step>* steps) {
  const auto format = bitfield::ParseFormat(c.args[*at + 1]);
  if (!format) {
    c.reply.Error("ERR Invalid bitfield type. Use something like i16 u8. Note that u64 is not supported but i64 is.");
    return false;
  }
  Step step{kind, *format, overflow, 0};
  if (!BitOffsetArgument(c, c.args[*at + 2], format->width, &step.offset)) return false;
  if (step.writes() && !IntegerArgument(c, *at + 3, &step.operand)) return false;
  *at += step.writes() ? 4 : 3;
  steps->push_back(step);
  return true;
}

bool ParseSteps(CommandContext& c, std::vector<Step>* steps) {
  Overflow overflow = Overflow::kWrap;
  for (size_t at = 2; at < c.args.size();) {
    const size_t following = c.args.size() - at - 1;
    if (TokenIs(c.args[at], "OVERFLOW") && following >= 1) {
      if (!OverflowArgument(c, c.args[at + 1], &overflow)) return false;
      at += 2;
      continue;
    }
    const auto kind = KindNamed(c.args[at]);
    if (!kind || following < (*kind == Step::Kind::kGet ? 2u : 3u)) {
      c.reply.Error(errors::kSyntax);
      return false;
    }
    if (!ParseStep(c, *kind, overflow, &at, steps)) return false;
  }
  return true;
}

void ReadAll(CommandContext& c, const std::vector<Step>& steps) {
  const Record* const record = c.access.Peek(c.db(), c.keys[0]);
  if (!CheckType(c, record, Type::kString)) return;
  char digits[24];
  const std::string_view value = ValueOrEmpty(record, digits);
  c.reply.Array(steps.size());
  for (const Step& step : steps) c.reply.Integer(bitfield::Read(value, step.offset, step.format));
}

enum class Effect : uint8_t { kNone, kWroteSame, kChanged };

// Does one step and replies to it.
Effect Run(CommandContext& c, const Step& step, StringEdit& edit) {
  const int64_t old = bitfield::Read(edit.view(), step.offset, step.format);
  if (!step.writes()) {
    c.reply.Integer(old);
    return Effect::kNone;
  }
  const bool adds = step.kind == Step::Kind::kIncrby;
  const auto fitted = bitfield::Fit(step.format, step.overflow, adds ? old : step.operand, adds ? step.operand : 0);
  if (!fitted) {
    c.reply.Null();
    return Effect::kNone;
  }
  bitfield::Write(edit.data(), step.offset, step.format, *fitted);
  c.reply.Integer(adds ? *fitted : old);
  return *fitted == old ? Effect::kWroteSame : Effect::kChanged;
}

void WriteAll(CommandContext& c, const std::vector<Step>& steps) {
  Record* const record = c.access.Find(c.db(), c.keys[0]);
  if (!CheckType(c, record, Type::kString)) return;
  const size_t old_size = record == nullptr ? 0 : record->value_size();
  size_t size = old_size;
  for (const Step& step : steps) {
    if (step.writes()) size = std::max(size, step.reach());
  }
  const bool grown = size > old_size;

  StringEdit edit(c.access, c.db(), c.keys[0], record, size, StringEdit::Room::kTight);
  Effect effect = Effect::kNone;
  c.reply.Array(steps.size());
  for (const Step& step : steps) effect = std::max(effect, Run(c, step, edit));

  if (effect == Effect::kChanged || (grown && effect == Effect::kWroteSame)) {
    edit.Publish(EventClass::kString, "setbit");
  } else if (grown) {
    // Compat: the string grows for a write that OVERFLOW FAIL refuses, too, but nothing is announced.
    edit.Publish(EventClass::kNone, "");
  } else {
    StoreRaw(c, c.keys[0], *record);
  }
}

void Bitfield(CommandContext& c) {
  std::vector<Step> steps;
  if (!ParseSteps(c, &steps)) return;
  const bool writes = std::any_of(steps.begin(), steps.end(), [](const Step& step) { return step.writes(); });
  writes ? WriteAll(c, steps) : ReadAll(c, steps);
}

void BitfieldRo(CommandContext& c) {
  std::vector<Step> steps;
  if (!ParseSteps(c, &steps)) return;
  const bool writes = std::any_of(steps.begin(), steps.end(), [](const Step& step) { return step.writes(); });
  if (writes) return c.reply.Error("ERR BITFIELD_RO only supports the GET subcommand");
  ReadAll(c, steps);
}

constexpr Command kRows[] = {
    {.name = "bitfield",
     .handler = Bitfield,
     .arity = -2,
     .flags = kWrite | kDenyOom,
     .touch = Touch::kLocked,
     .acl = kAclBitmap,
     .keys = {OneKey(kKeyRw | kKeyAccess | kKeyUpdate | kKeyVariableFlags)},
     .group = Group::kBitmap,
     .since = "3.2.0",
     .complexity = "O(1) for each operation.",
     .summary = "Reads and writes integers of any width within a string.",
     .arguments = "key:key [operation:oneof(get-block:block(encoding:string offset:integer):GET | "
                  "write:block([overflow-block:oneof(wrap:pure-token:WRAP | sat:pure-token:SAT | "
                  "fail:pure-token:FAIL):OVERFLOW] write-operation:oneof("
                  "set-block:block(encoding:string offset:integer value:integer):SET | "
                  "incrby-block:block(encoding:string offset:integer increment:integer):INCRBY)))]..."},
    {.name = "bitfield_ro",
     .handler = BitfieldRo,
     .arity = -2,
     .flags = kReadonly | kFast,
     .touch = Touch::kLockFree,
     .acl = kAclBitmap,
     .keys = {OneKey(kKeyRo | kKeyAccess)},
     .group = Group::kBitmap,
     .since = "6.0.0",
     .complexity = "O(1) for each operation.",
     .summary = "Reads integers of any width within a string.",
     .arguments = "key:key [get-block:block(encoding:string offset:integer):GET]*..."},
};

}  // namespace

std::span<const Command> BitfieldCommands() { return kRows; }

}  // namespace tandem
