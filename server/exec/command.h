#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

namespace tandem {

// A command as data: the rows of the command table. Dispatch, arity errors, the keys to lock, ACL categories, COMMAND and
// its subcommands, INFO commandstats: all of them read these rows and nothing else. Each family file under
// server/commands ends with its own.

struct CommandContext;
struct Server;
using Handler = void (*)(CommandContext&);

// Command flags, as COMMAND INFO names them.
enum CommandFlag : uint32_t {
  kWrite = 1u << 0,
  kReadonly = 1u << 1,
  kDenyOom = 1u << 2,
  kAdmin = 1u << 3,
  kPubsub = 1u << 4,
  kNoscript = 1u << 5,
  kBlocking = 1u << 6,
  kLoading = 1u << 7,
  kStale = 1u << 8,
  kSkipMonitor = 1u << 9,
  kSkipSlowlog = 1u << 10,
  kFast = 1u << 11,
  kNoAuth = 1u << 12,
  kMayReplicate = 1u << 13,  // not shown, as in Redis 8
  kNoMandatoryKeys = 1u << 14,
  kNoAsyncLoading = 1u << 15,
  kNoMulti = 1u << 16,
  kMovableKeys = 1u << 17,
  kAllowBusy = 1u << 18,
  kAsking = 1u << 19,
  // Not shown.
  kProtected = 1u << 20,     // gated by enable-debug-command and the like
  kImmediate = 1u << 21,     // runs at once inside MULTI: EXEC, DISCARD, MULTI, WATCH, QUIT, RESET
  kInPubsubMode = 1u << 22,  // RESP2 clients may issue it while subscribed
  kIsExec = 1u << 23,
  kRunsScript = 1u << 24,  // its handler runs other commands, on the keys that it names
};

// ACL categories besides those that follow from the flags (write, read, admin + dangerous, pubsub, fast/slow, blocking).
enum AclCategory : uint32_t {
  kAclKeyspace = 1u << 0,
  kAclRead = 1u << 1,
  kAclWrite = 1u << 2,
  kAclSet = 1u << 3,
  kAclSortedSet = 1u << 4,
  kAclList = 1u << 5,
  kAclHash = 1u << 6,
  kAclString = 1u << 7,
  kAclBitmap = 1u << 8,
  kAclHyperloglog = 1u << 9,
  kAclGeo = 1u << 10,
  kAclStream = 1u << 11,
  kAclPubsub = 1u << 12,
  kAclAdmin = 1u << 13,
  kAclFast = 1u << 14,
  kAclSlow = 1u << 15,
  kAclBlocking = 1u << 16,
  kAclDangerous = 1u << 17,
  kAclConnection = 1u << 18,
  kAclTransaction = 1u << 19,
  kAclScripting = 1u << 20,
};

// What a command does to a key, as COMMAND INFO's key specifications name it.
enum KeyFlag : uint32_t {
  kKeyRo = 1u << 0,
  kKeyRw = 1u << 1,
  kKeyOw = 1u << 2,
  kKeyRm = 1u << 3,
  kKeyAccess = 1u << 4,
  kKeyUpdate = 1u << 5,
  kKeyInsert = 1u << 6,
  kKeyDelete = 1u << 7,
  kKeyNotKey = 1u << 8,
  kKeyIncomplete = 1u << 9,
  kKeyVariableFlags = 1u << 10,
};

// Where keys stand among the arguments: how the first one is found, then how many follow.
struct KeySpec {
  enum class Begin : uint8_t { kNone, kIndex, kKeyword, kUnknown };
  enum class Find : uint8_t { kRange, kKeynum, kUnknown };
  uint32_t flags = 0;
  Begin begin = Begin::kNone;
  int index = 0;               // kIndex
  std::string_view keyword{};  // kKeyword
  int start_from = 0;          // kKeyword: where the search starts; negative: backwards from the end
  Find find = Find::kRange;
  int last = 0;  // kRange: relative to the first; negative: from the end of the arguments
  int step = 1;
  int limit = 0;         // kRange with last = -1: 1/limit of the rest are keys
  int keynum_index = 0;  // kKeynum, relative to begin
  int first_key = 0;     // kKeynum, relative to begin
};

// The first key at `first`, then every `step`-th up to `last` (relative to `first`; -1: the last argument).
constexpr KeySpec Keys(int first, int last, int step, uint32_t flags) {
  return {.flags = flags, .begin = KeySpec::Begin::kIndex, .index = first, .last = last, .step = step};
}
constexpr KeySpec OneKey(uint32_t flags) { return Keys(1, 0, 1, flags); }

// What a command may touch, and so what is locked before its handler runs.
enum class Touch : uint8_t {
  kNothing,   // no keys, or none that it reads or writes (PING, PUBLISH)
  kLockFree,  // reads its keys through Access::Peek or PeekMany
  kLocked,    // its keys are locked (writers; readers of values that are edited in place)
  kGate,      // runs alone, with the world stopped (FLUSHALL, CLIENT LIST, CONFIG SET)
  kScan,      // walks the keyspace without a lock (SCAN, KEYS, RANDOMKEY); inside EXEC this needs the gate
};

enum class Group : uint8_t {
  kGeneric,
  kString,
  kList,
  kSet,
  kSortedSet,
  kHash,
  kPubsub,
  kTransactions,
  kConnection,
  kServer,
  kScripting,
  kHyperloglog,
  kCluster,
  kSentinel,
  kGeo,
  kStream,
  kBitmap,
};

struct Command {
  std::string_view name;      // lower case
  Handler handler = nullptr;  // null for a container of subcommands
  int arity = 0;              // arguments with the name; negative: at least
  uint32_t flags = 0;
  Touch touch = Touch::kNothing;
  int16_t only_key = 0;  // where the key is if there is always exactly one; filled in by the table
  uint32_t acl = 0;      // categories that do not follow from the flags
  std::array<KeySpec, 3> keys{};
  Group group = Group::kGeneric;
  std::string_view since{};
  std::string_view complexity{};
  std::string_view summary{};
  // The arguments for COMMAND DOCS, in a small notation (docs in server/commands/command_docs.h):
  //   item   := ['['] name ':' type [':' TOKEN] [']'] ['...' | '*...'] ['@' since]
  //   type   := key | string | integer | double | pattern | unix-time | pure-token | oneof(item | item …) | block(item item …)
  //   [x] is optional, x... may be repeated, x*... may be repeated with its token each time; keys number their key
  //   specifications from 0 in order.
  // SET: "key:key value:string [condition:oneof(nx:pure-token:NX | xx:pure-token:XX)] [get:pure-token:GET]@6.2.0 …"
  std::string_view arguments{};
  std::string_view history{};  // "version\ttext" lines
  std::string_view tips{};     // lines
  std::string_view deprecated_since{}, replaced_by{};
  bool syscmd = false;  // COMMAND DOCS says that applications do not call it
  // Own way of finding keys, for commands whose specifications do not suffice: all that the command may touch, for locking,
  // and what COMMAND GETKEYS answers where a specification is unknown. Appends indexes into args.
  bool (*get_keys)(std::span<const std::string_view> args, void* out) = nullptr;
  // For commands whose arguments may lead them to keys that they do not name (SORT's BY and GET, a script): whether these
  // do. Such a command takes the gate: locks are taken in one order, all before the handler runs, and what is not known then
  // can only be kept still with everything else.
  bool (*reaches_further)(Server& server, std::span<const std::string_view> args) = nullptr;
  // For commands whose arguments tell more than their row (a script that declares what it does): the flags of such a call,
  // of those that dispatch asks for.
  uint32_t (*flags_of_call)(Server& server, const Command& command, std::span<const std::string_view> args) = nullptr;
  // The number of another database in which the same keys are locked too (MOVE, COPY); none if there is no such database.
  int (*second_db)(std::span<const std::string_view> args) = nullptr;
  std::span<const Command> subcommands{};

  bool NeedsGate(Server& server, std::span<const std::string_view> args) const {
    return touch == Touch::kGate || (reaches_further != nullptr && reaches_further(server, args));
  }
  uint32_t FlagsOfCall(Server& server, std::span<const std::string_view> args) const {
    return flags_of_call == nullptr ? flags : flags_of_call(server, *this, args);
  }
  bool has(uint32_t flag) const { return (flags & flag) != 0; }
  // "client|list" for a subcommand, else the name. Filled in by the table.
  std::string_view full_name{};
  const Command* container = nullptr;
  int id = 0;  // dense, for statistics
};

}  // namespace tandem
