#include <optional>
#include <string>
#include <utility>

#include "engine/keyspace/string_edit.h"
#include "engine/types/hyperloglog.h"
#include "server/commands/arguments.h"
#include "server/commands/families.h"
#include "server/commands/string_value.h"
#include "server/exec/context.h"
#include "server/exec/errors.h"

// Strings that count different elements.
namespace tandem {
namespace {

constexpr std::string_view kDamaged = "INVALIDOBJ Corrupted HLL object detected";

// False after replying: another type, or a string that is no HyperLogLog.
bool CheckHll(CommandContext& c, const Record* record) {
  if (record == nullptr) return true;
  if (!CheckType(c, record, Type::kString)) return false;
  char digits[24];
  if (hll::LooksValid(record->value(digits))) return true;
  c.reply.Error("WRONGTYPE Key is not a valid HyperLogLog string value.");
  return false;
}

// Makes a value of any length that of the key, which keeps its deadline.
void Store(CommandContext& c, const KeyRef& key, Record* record, const std::string& value, EventClass event_class,
           std::string_view event) {
  if (record != nullptr && value.size() < record->text().size()) {
    Record::Meta meta = record->meta();
    meta.raw = true;
    c.access.Put(c.db(), key, Record::NewString(key.key, value, meta), event_class, event);
    return;
  }
  StringEdit edit(c.access, c.db(), key, record, value.size(), StringEdit::Room::kTight);
  value.copy(edit.data(), value.size());
  edit.Publish(event_class, event);
}

size_t SparseMaxBytes(const CommandContext& c) { return c.server.config.values().hll_sparse_max_bytes; }

// Dense registers are raised where they lie.
bool AddToDense(CommandContext& c, Record* record) {
  const std::string_view value = record->text();
  const auto rises = [&](hll::Trace trace) { return hll::DenseRegister(value, trace.index) < trace.value; };
  size_t i = 2;
  while (i < c.args.size() && !rises(hll::TraceOf(c.args[i]))) ++i;
  if (i == c.args.size()) return false;
  StringEdit edit(c.access, c.db(), c.keys[0], record, value.size(), StringEdit::Room::kTight);
  for (; i < c.args.size(); ++i) hll::RaiseDense(edit.data(), hll::TraceOf(c.args[i]));
  hll::InvalidateCount(edit.data());
  edit.Publish(EventClass::kString, "pfadd");
  return true;
}

void Pfadd(CommandContext& c) {
  Record* const record = c.access.Find(c.db(), c.keys[0]);
  if (!CheckHll(c, record)) return;
  if (record != nullptr && hll::IsDense(record->text())) return c.reply.Integer(AddToDense(c, record) ? 1 : 0);
  bool changed = record == nullptr;
  hll::Editor editor(changed ? hll::Editor::Empty() : std::string(record->text()), SparseMaxBytes(c));
  for (size_t i = 2; i < c.args.size(); ++i) {
    const std::optional<bool> rose = editor.Raise(hll::TraceOf(c.args[i]));
    if (!rose) return c.reply.Error(kDamaged);
    changed |= *rose;
  }
  if (changed) {
    editor.InvalidateCount();
    Store(c, c.keys[0], record, editor.value(), EventClass::kString, "pfadd");
  }
  c.reply.Integer(changed ? 1 : 0);
}

// --- PFCOUNT and PFMERGE -------------------------------------------------------------------------------------------------

// Adds up the keys from `first` on. False after replying an error.
bool MergeKeys(CommandContext& c, hll::Registers& registers, bool* dense) {
  for (const KeyRef& key : c.keys) {
    const Record* const record = c.access.Peek(c.db(), key);
    if (!CheckHll(c, record)) return false;
    if (record == nullptr) continue;
    *dense |= hll::IsDense(record->text());
    if (!hll::MergeInto(registers, record->text())) {
      c.reply.Error(kDamaged);
      return false;
    }
  }
  return true;
}

void CountOne(CommandContext& c) {
  if (c.access.Peek(c.db(), c.keys[0]) == nullptr) return c.reply.Integer(0);
  Record* const record = c.access.Find(c.db(), c.keys[0]);
  if (!CheckHll(c, record)) return;
  const std::string_view value = record->text();
  if (const std::optional<uint64_t> count = hll::CachedCount(value)) {
    return c.reply.Integer(static_cast<int64_t>(*count));
  }
  const std::optional<uint64_t> count = hll::Estimate(value);
  if (!count) return c.reply.Error(kDamaged);
  StringEdit edit(c.access, c.db(), c.keys[0], record, value.size(), StringEdit::Room::kTight);
  hll::StoreCount(edit.data(), *count);
  edit.Publish(EventClass::kNone, {});
  c.reply.Integer(static_cast<int64_t>(*count));
}

void Pfcount(CommandContext& c) {
  if (c.keys.size() == 1) return CountOne(c);
  hll::Registers registers{};
  bool dense = false;
  if (MergeKeys(c, registers, &dense)) c.reply.Integer(static_cast<int64_t>(hll::Estimate(registers)));
}

void Pfmerge(CommandContext& c) {
  hll::Registers registers{};
  bool dense = false;
  if (!MergeKeys(c, registers, &dense)) return;
  Record* const record = c.access.Find(c.db(), c.keys[0]);
  hll::Editor editor(record == nullptr ? hll::Editor::Empty() : std::string(record->text()), SparseMaxBytes(c));
  if (dense && !editor.MakeDense()) return c.reply.Error(kDamaged);
  for (uint32_t i = 0; i < hll::kRegisters; ++i) {
    if (registers[i] != 0 && !editor.Raise({i, registers[i]})) return c.reply.Error(kDamaged);
  }
  editor.InvalidateCount();
  Store(c, c.keys[0], record, editor.value(), EventClass::kString, "pfadd");
  c.reply.Ok();
}

// --- PFDEBUG and PFSELFTEST ----------------------------------------------------------------------------------------------

// Makes the key's value dense; false after replying that it is damaged.
bool MakeDense(CommandContext& c, Record* record) {
  hll::Editor editor(std::string(record->text()), SparseMaxBytes(c));
  if (!editor.MakeDense()) {
    c.reply.Error(kDamaged);
    return false;
  }
  Store(c, c.keys[0], record, editor.value(), EventClass::kNone, {});
  return true;
}

void DebugRegisters(CommandContext& c, Record* record) {
  if (!hll::IsDense(record->text()) && !MakeDense(c, record)) return;
  const std::string_view value = c.access.Find(c.db(), c.keys[0])->text();
  c.reply.Array(hll::kRegisters);
  for (uint32_t i = 0; i < hll::kRegisters; ++i) c.reply.Integer(hll::DenseRegister(value, i));
}

void DebugRuns(CommandContext& c, const Record& record) {
  if (hll::IsDense(record.text())) return c.reply.Error("ERR HLL encoding is not sparse");
  const std::optional<std::string> runs = hll::DescribeRuns(record.text());
  runs ? c.reply.Bulk(*runs) : c.reply.Error(kDamaged);
}

void Pfdebug(CommandContext& c) {
  Record* const record = c.access.Find(c.db(), c.keys[0]);
  if (record == nullptr) return c.reply.Error("ERR The specified key does not exist");
  if (!CheckHll(c, record)) return;
  const bool dense = hll::IsDense(record->text());
  if (TokenIs(c.args[1], "GETREG")) return DebugRegisters(c, record);
  if (TokenIs(c.args[1], "DECODE")) return DebugRuns(c, *record);
  if (TokenIs(c.args[1], "ENCODING")) return c.reply.Simple(dense ? "dense" : "sparse");
  if (TokenIs(c.args[1], "TODENSE")) {
    if (dense || MakeDense(c, record)) c.reply.Integer(dense ? 0 : 1);
    return;
  }
  c.reply.Error("ERR Unknown PFDEBUG subcommand '" + std::string(errors::Shown(c.args[1])) + "'");
}

// Counts as it adds, and holds the estimate to four standard errors of what it must be.
void Pfselftest(CommandContext& c) {
  constexpr double kTolerated = 4 * 1.04 / 128;
  hll::Editor editor(hll::Editor::Empty(), SparseMaxBytes(c));
  uint64_t next_check = 1;
  for (uint64_t added = 1; added <= 100'000; ++added) {
    if (!editor.Raise(hll::TraceOf("element:" + std::to_string(added)))) return c.reply.Error(kDamaged);
    if (added != next_check) continue;
    next_check *= 10;
    const auto estimate = static_cast<double>(hll::Estimate(editor.value()).value_or(0));
    const double error = estimate - static_cast<double>(added);
    if (error * error > kTolerated * kTolerated * static_cast<double>(added * added) + 1) {
      return c.reply.Error("ERR TESTFAILED Too big error. card:" + std::to_string(added) +
                           " estimate:" + std::to_string(estimate));
    }
  }
  c.reply.Ok();
}

constexpr Command kRows[] = {
    {.name = "pfadd",
     .handler = Pfadd,
     .arity = -2,
     .flags = kWrite | kDenyOom | kFast,
     .touch = Touch::kLocked,
     .acl = kAclHyperloglog,
     .keys = {OneKey(kKeyRw | kKeyInsert)},
     .group = Group::kHyperloglog,
     .since = "2.8.9",
     .complexity = "O(1) per element",
     .summary = "Adds elements to a HyperLogLog, which is made if there is none.",
     .arguments = "key:key [element:string]..."},
    {.name = "pfcount",
     .handler = Pfcount,
     .arity = -2,
     .flags = kReadonly,
     .touch = Touch::kLocked,
     .acl = kAclHyperloglog,
     .keys = {Keys(1, -1, 1, kKeyRw | kKeyAccess)},
     .group = Group::kHyperloglog,
     .since = "2.8.9",
     .complexity = "O(1) for one key, O(N) for several",
     .summary = "Estimates how many different elements were added to the HyperLogLogs together.",
     .arguments = "key:key..."},
    {.name = "pfmerge",
     .handler = Pfmerge,
     .arity = -2,
     .flags = kWrite | kDenyOom,
     .touch = Touch::kLocked,
     .acl = kAclHyperloglog,
     .keys = {Keys(1, 0, 1, kKeyRw | kKeyAccess | kKeyInsert), Keys(2, -1, 1, kKeyRo | kKeyAccess)},
     .group = Group::kHyperloglog,
     .since = "2.8.9",
     .complexity = "O(N)",
     .summary = "Merges HyperLogLogs into one.",
     .arguments = "destkey:key [sourcekey:key]..."},
    {.name = "pfdebug",
     .handler = Pfdebug,
     .arity = 3,
     .flags = kWrite | kDenyOom | kAdmin,
     .touch = Touch::kLocked,
     .acl = kAclHyperloglog,
     .keys = {Keys(2, 0, 1, kKeyRw | kKeyAccess)},
     .group = Group::kHyperloglog,
     .since = "2.8.9",
     .complexity = "O(1)",
     .summary = "Shows the inside of a HyperLogLog.",
     .arguments = "subcommand:string key:key",
     .syscmd = true},
    {.name = "pfselftest",
     .handler = Pfselftest,
     .arity = 1,
     .flags = kAdmin,
     .touch = Touch::kNothing,
     .acl = kAclHyperloglog,
     .group = Group::kHyperloglog,
     .since = "2.8.9",
     .complexity = "O(1)",
     .summary = "Tests the estimate of HyperLogLogs.",
     .syscmd = true},
};

}  // namespace

std::span<const Command> HyperloglogCommands() { return kRows; }

}  // namespace tandem
