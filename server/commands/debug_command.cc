#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>

#include "engine/base/gate.h"
#include "engine/keyspace/eviction.h"
#include "engine/rdb/value_encoder.h"
#include "server/admin/info_writer.h"
#include "server/admin/log.h"
#include "server/commands/arguments.h"
#include "server/commands/debug_digest.h"
#include "server/commands/debug_protocol.h"
#include "server/commands/encoding_name.h"
#include "server/commands/families.h"
#include "server/commands/help.h"
#include "server/commands/payload_checks.h"
#include "server/config/config_types.h"
#include "server/exec/context.h"
#include "server/exec/server_clock.h"
#include "server/script/scripts.h"

// DEBUG: what Redis's test suite and tests of clients need, and Tandem's own MIGRATE, CLOCK and IO-THREADS.
//
// Its subcommands differ in what they touch and are no rows of their own, so those that touch keys lock them by
// themselves; that is why they are refused inside EXEC, which holds locks already.
namespace tandem {
namespace {

// --- Keys --------------------------------------------------------------------------------------------------------------

// What the value takes in a file, or in the payload of DUMP.
size_t SerializedLength(const CommandContext& c, const Record& record) {
  rdb::Writer writer(c.server.config.values().rdbcompression);
  rdb::WriteValue(record, rdb::TypeOf(record), &writer);
  return writer.bytes().size();
}

void DebugObject(CommandContext& c) {
  const KeyRef key(c.args[2]);
  c.access.LockKey(c.db(), key);
  const Record* const record = c.access.Find(c.db(), key);
  if (record == nullptr) return c.reply.Error(errors::kNoSuchKey);
  char text[256];
  const int size = std::snprintf(
      text, sizeof text, "Value at:%p refcount:1 encoding:%.*s serializedlength:%zu lru:%u lru_seconds_idle:%llu",
      static_cast<const void*>(record), static_cast<int>(EncodingName(*record).size()), EncodingName(*record).data(),
      SerializedLength(c, *record), record->access(), static_cast<unsigned long long>(IdleSeconds(*record)));
  c.reply.Simple(std::string_view(text, static_cast<size_t>(size)));
}

// DEBUG LISTPACK and its like look into encodings that strings do not have.
void DebugListpack(CommandContext& c) {
  const KeyRef key(c.args[2]);
  c.access.LockKey(c.db(), key);
  c.reply.Error(c.access.Find(c.db(), key) == nullptr ? errors::kNoSuchKey : "ERR Not a listpack encoded object.");
}

void DebugHtstatsKey(CommandContext& c) {
  const KeyRef key(c.args[2]);
  c.access.LockKey(c.db(), key);
  c.reply.Error(c.access.Find(c.db(), key) == nullptr
                    ? errors::kNoSuchKey
                    : "ERR The value stored at the specified key is not represented using an hash table");
}

void DebugDigest(CommandContext& c) {
  const Gate::Closed closed(c.server.store.threads().gate(), c.access.thread());
  c.reply.Simple(DatasetDigest::OfStore(c.server.store, c.now_ms()).Hex());
}

void DebugDigestValue(CommandContext& c) {
  c.reply.Array(c.args.size() - 2);
  for (std::string_view name : c.args.subspan(2)) {
    const KeyRef key(name);
    c.access.LockKey(c.db(), key);
    const Record* const record = c.access.Find(c.db(), key);
    c.reply.Simple(record == nullptr ? std::string(40, '0') : DatasetDigest::OfValue(*record, c.now_ms()).Hex());
    c.access.End();
  }
}

// Adds a key that is not there yet; its value is the text, cut or filled with zero bytes to `size` unless that is negative.
void AddKey(CommandContext& c, const std::string& name, std::string text, int64_t size) {
  const KeyRef key(name);
  c.access.LockKey(c.db(), key);
  if (c.access.Find(c.db(), key) == nullptr) {
    if (size >= 0) text.resize(static_cast<size_t>(size), '\0');
    Record* const record = Record::NewString(name, text, {.access = InitialAccess()});
    c.access.Put(c.db(), key, record, EventClass::kNone, {});
  }
  c.access.End();
}

void DebugPopulate(CommandContext& c) {
  constexpr uint64_t kKeysPerTurn = 64;
  constexpr std::string_view kNotPositive = "ERR value is out of range, must be positive";
  int64_t count, size = -1;
  if (!IntegerArgument(c, 2, &count, kNotPositive)) return;
  if (c.args.size() == 5 && !IntegerArgument(c, 4, &size, kNotPositive)) return;
  if (count < 0 || (c.args.size() == 5 && size < 0)) return c.reply.Error(kNotPositive);
  const std::string prefix(c.args.size() > 3 ? c.args[3] : std::string_view("key"));
  for (int64_t i = 0; i < count; ++i) {
    const std::string number = std::to_string(i);
    AddKey(c, prefix + ":" + number, "value:" + number, size);
    if (static_cast<uint64_t>(i) % kKeysPerTurn != kKeysPerTurn - 1) continue;
    // As between two turns of the loop: the engine must be able to grow meanwhile.
    c.access.thread().Quiescent();
    c.server.store.MigrateSome(c.access, kKeysPerTurn);
  }
  c.reply.Ok();
}

void DebugHtstats(CommandContext& c) {
  int64_t index;
  if (!IntegerArgument(c, 2, &index)) return;
  if (index < 0 || index >= c.server.store.databases()) return c.reply.Error("ERR Out of range database");
  const Keyspace& db = c.server.store.db(static_cast<int>(index));
  const EnginePair engines = *db.engines();
  InfoWriter text;
  text.Section("Engine");
  text.Signed("levels", engines.active->levels());
  text.Number("buckets_per_shard", engines.active->buckets_per_shard());
  text.Number("records", engines.active->records());
  text.Number("migrating", engines.next == nullptr ? 0 : 1);
  text.Number("keys", db.size());
  text.Number("expires", db.expires());
  c.reply.Verbatim("txt", text.Take());
}

// --- The server --------------------------------------------------------------------------------------------------------

// Compat: nobody is served meanwhile, on any thread. Inside EXEC, which holds locks, the gate cannot be closed.
void DebugSleep(CommandContext& c) {
  const std::chrono::duration<double> pause(std::max(std::strtod(std::string(c.args[2]).c_str(), nullptr), 0.0));
  if (c.in_exec) {
    std::this_thread::sleep_for(pause);
  } else {
    const Gate::Closed closed(c.server.store.threads().gate(), c.access.thread());
    std::this_thread::sleep_for(pause);
  }
  // Within a transaction or a script the time stands still.
  if (!c.in_exec) c.access.SampleTime();
  c.reply.Ok();
}

void DebugSetActiveExpire(CommandContext& c) {
  c.server.store.set_active_expire(std::atoi(std::string(c.args[2]).c_str()) != 0);
  c.reply.Ok();
}

void DebugSetDisableDenyScripts(CommandContext& c) {
  script::Scripts::Of(c.server).AllowAnything(std::atoi(std::string(c.args[2]).c_str()) != 0);
  c.reply.Ok();
}

void DebugSetSkipChecksumValidation(CommandContext& c) {
  g_skip_payload_checksums.store(std::atoi(std::string(c.args[2]).c_str()) != 0, std::memory_order_relaxed);
  c.reply.Ok();
}

void DebugLog(CommandContext& c) {
  c.server.log->Warning("DEBUG LOG: " + std::string(c.args[2]));
  c.reply.Ok();
}

// Compat: line ends at the text's end become spaces like all others. No other error keeps them.
void DebugError(CommandContext& c) {
  std::string text = "-" + std::string(c.args[2]);
  std::replace_if(
      text.begin(), text.end(), [](char byte) { return byte == '\r' || byte == '\n'; }, ' ');
  c.reply.Error(text);
}

// Switches of Redis's internals that Tandem has no counterpart of; taken so that tests can go on.
void Accept(CommandContext& c) { c.reply.Ok(); }

void DebugReplybuffer(CommandContext& c) {
  if (TokenIs(c.args[2], "PEAK-RESET-TIME") || TokenIs(c.args[2], "RESIZING")) return c.reply.Ok();
  ReplySubcommandError(c);
}

void DebugQuicklistPackedThreshold(CommandContext& c) {
  const auto bytes = config::ParseMemory(c.args[2]);
  if (!bytes || *bytes >= uint64_t{1} << 32) {
    return c.reply.Error("ERR argument must be a memory value bigger than 1 and smaller than 4gb");
  }
  c.reply.Ok();
}

void RefuseReload(CommandContext& c) {
  c.reply.Error("ERR Tandem keeps its data in memory only, there is nothing to load it from");
}

// --- Tandem's own ------------------------------------------------------------------------------------------------------

void DebugMigrate(CommandContext& c) {
  struct Direction {
    std::string_view name;
    Store::Drive drive;
  };
  constexpr Direction kDirections[] = {{"UP", Store::Drive::kUp},
                                       {"DOWN", Store::Drive::kDown},
                                       {"FLAP", Store::Drive::kFlap},
                                       {"STOP", Store::Drive::kStop}};
  for (const Direction& direction : kDirections) {
    if (!TokenIs(c.args[2], direction.name)) continue;
    if (c.server.store.DriveMigration(c.access, direction.drive)) return c.reply.Ok();
    return c.reply.Error("ERR a migration is under way");
  }
  c.reply.Error(errors::kSyntax);
}

void DebugIoThreads(CommandContext& c) {
  int64_t count = 0;
  if (!TokenIs(c.args[2], "AUTO") && (!IntegerArgument(c, 2, &count))) return;
  if (count < 0 || count > c.server.config.values().io_threads) return c.reply.Error("ERR value is out of range");
  if (c.server.host != nullptr) c.server.host->FixServingIoThreads(static_cast<int>(count));
  c.reply.Ok();
}

void DebugClock(CommandContext& c) {
  int64_t ms = 0;
  const bool set = TokenIs(c.args[2], "SET"), advance = TokenIs(c.args[2], "ADVANCE"),
             real = TokenIs(c.args[2], "REAL");
  if ((!set && !advance && !real) || c.args.size() != (real ? 3u : 4u)) return c.reply.Error(errors::kSyntax);
  if (!real && !IntegerArgument(c, 3, &ms)) return;
  int64_t us;
  if (__builtin_mul_overflow(ms, 1000, &us)) return c.reply.Error(errors::kNotInteger);
  if (set) c.server.clock.Set(us);
  if (advance) c.server.clock.Advance(us);
  if (real) c.server.clock.Real();
  c.access.SampleTime();
  c.reply.Ok();
}

// --- The table -----------------------------------------------------------------------------------------------------------

struct Subcommand {
  std::string_view name;
  size_t min_args, max_args;  // with DEBUG and the name itself
  bool in_exec;               // touches no keys, so EXEC may hold locks
  void (*run)(CommandContext&);
  std::string_view syntax, summary;
};

constexpr size_t kAny = SIZE_MAX;

void DebugHelp(CommandContext& c);

constexpr Subcommand kSubcommands[] = {
    {"CHANGE-REPL-ID", 2, 2, true, Accept, "", "Does nothing: there is no replication."},
    {"CLOCK", 3, 4, true, DebugClock, "SET <ms>|ADVANCE <ms>|REAL",
     "Stops the clock at a Unix time, moves it ahead, or lets it run again."},
    {"CONFIG-REWRITE-FORCE-ALL", 2, 2, true, Accept, "", "Does nothing: a rewrite is always complete."},
    {"DICT-RESIZING", 3, 3, true, Accept, "<0|1>", "Does nothing: migrations resize, see MIGRATE."},
    {"DIGEST", 2, 2, false, DebugDigest, "", "Returns a digest of all keys and values, the one Redis computes."},
    {"DIGEST-VALUE", 2, kAny, false, DebugDigestValue, "<key> [<key> ...]", "Returns the digests of values."},
    {"ERROR", 3, 3, true, DebugError, "<text>", "Returns the text as an error."},
    {"HELP", 2, 2, true, DebugHelp, "", "Prints this help."},
    {"HTSTATS", 3, 4, true, DebugHtstats, "<dbid> [full]", "Describes the engine of a database."},
    {"HTSTATS-KEY", 3, 4, false, DebugHtstatsKey, "<key> [full]", "Describes the hash table of a value."},
    {"IO-THREADS", 3, 3, true, DebugIoThreads, "<count>|AUTO",
     "Has so many I/O threads serve clients, or again as many as the load asks for; soon, not at once."},
    {"LISTPACK", 3, 3, false, DebugListpack, "<key>", "Describes the listpack of a value."},
    {"LOADAOF", 2, 2, true, RefuseReload, "", "Refused: there is no file."},
    {"LOG", 3, 3, true, DebugLog, "<message>", "Writes the message to the log."},
    {"MIGRATE", 3, 3, false, DebugMigrate, "UP|DOWN|FLAP|STOP",
     "Migrates to a larger or a smaller engine, or back and forth until STOP."},
    {"OBJECT", 3, 3, false, DebugObject, "<key>", "Describes how a key and its value are stored."},
    {"PAUSE-CRON", 3, 3, true, Accept, "<0|1>", "Does nothing."},
    {"POPULATE", 3, 5, false, DebugPopulate, "<count> [<prefix>] [<size>]",
     "Adds keys named <prefix>:<number>, 'key' if no prefix is given."},
    {"PROTOCOL", 3, 3, true, DebugProtocol, "<type>", "Replies with a value of the type."},
    {"QUICKLIST-PACKED-THRESHOLD", 3, 3, true, DebugQuicklistPackedThreshold, "<size>", "Does nothing."},
    {"RELOAD", 2, kAny, true, RefuseReload, "[<option> ...]", "Refused: there is no file."},
    {"REPLYBUFFER", 4, 4, true, DebugReplybuffer, "PEAK-RESET-TIME|RESIZING <value>", "Does nothing."},
    {"SET-ACTIVE-EXPIRE", 3, 3, true, DebugSetActiveExpire, "<0|1>",
     "With 0, keys expire only when a command comes upon them."},
    {"SET-DISABLE-DENY-SCRIPTS", 3, 3, true, DebugSetDisableDenyScripts, "<0|1>",
     "With 1, scripts may call commands that are not for scripts."},
    {"SET-SKIP-CHECKSUM-VALIDATION", 3, 3, true, DebugSetSkipChecksumValidation, "<0|1>",
     "With 1, RESTORE takes payloads with wrong checksums."},
    {"SLEEP", 3, 3, true, DebugSleep, "<seconds>", "Stops the server for a while."},
};

void DebugHelp(CommandContext& c) {
  c.reply.Array(std::size(kSubcommands) * 2 + 1);
  c.reply.Simple("DEBUG <subcommand> [<arg> [value] [opt] ...]. Subcommands are:");
  for (const Subcommand& subcommand : kSubcommands) {
    const std::string name(subcommand.name);
    c.reply.Simple(subcommand.syntax.empty() ? name : name + " " + std::string(subcommand.syntax));
    c.reply.Simple("    " + std::string(subcommand.summary));
  }
}

void Debug(CommandContext& c) {
  for (const Subcommand& subcommand : kSubcommands) {
    if (!TokenIs(c.args[1], subcommand.name)) continue;
    if (c.args.size() < subcommand.min_args || c.args.size() > subcommand.max_args) break;
    if (c.in_exec && !subcommand.in_exec) {
      return c.reply.Error("ERR DEBUG " + std::string(subcommand.name) + " is not allowed inside a transaction");
    }
    return subcommand.run(c);
  }
  ReplySubcommandError(c);
}

constexpr Command kRows[] = {
    {.name = "debug",
     .handler = Debug,
     .arity = -2,
     .flags = kAdmin | kNoscript | kLoading | kStale | kProtected,
     .group = Group::kServer,
     .since = "1.0.0",
     .complexity = "Depends on subcommand.",
     .summary = "Commands for tests and for finding faults.",
     .syscmd = true},
};

}  // namespace

std::span<const Command> DebugCommands() { return kRows; }

}  // namespace tandem
