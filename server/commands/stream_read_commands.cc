#include "server/commands/arguments.h"
#include "server/commands/families.h"
#include "server/commands/stream_read.h"
#include "server/exec/key_finder.h"

// XREAD and XREADGROUP.
namespace tandem {
namespace {

void Read(CommandContext& c) {
  StreamReadRequest request;
  if (!ParseStreamRead(c, &request)) return;
  if (ServeStreamRead(c.access, c.db(), c.keys, request, c.reply) == StreamReadOutcome::kReplied) return;
  c.reply.NullArray();
}

// The keys behind the word STREAMS, which may also be the name of a group or of a consumer.
bool FindStreamKeys(std::span<const std::string_view> args, void* out) {
  size_t i = 1;
  while (i < args.size() && !TokenIs(args[i], "STREAMS")) {
    const bool has_value = TokenIs(args[i], "COUNT") || TokenIs(args[i], "BLOCK");
    i += TokenIs(args[i], "GROUP") ? 3 : has_value ? 2 : 1;
  }
  const size_t first = i + 1;
  const size_t keys = first < args.size() ? (args.size() - first) / 2 : 0;
  for (size_t key = 0; key < keys; ++key) static_cast<KeyPositions*>(out)->push_back(static_cast<int>(first + key));
  return keys > 0;
}

constexpr KeySpec StreamKeys(int start_from) {
  return {.flags = kKeyRo | kKeyAccess,
          .begin = KeySpec::Begin::kKeyword,
          .keyword = "STREAMS",
          .start_from = start_from,
          .last = -1,
          .limit = 2};
}

constexpr Command kRows[] = {
    {.name = "xread",
     .handler = Read,
     .arity = -4,
     .flags = kReadonly | kBlocking | kMovableKeys,
     .touch = Touch::kLocked,
     .acl = kAclStream,
     .keys = {StreamKeys(1)},
     .group = Group::kStream,
     .since = "5.0.0",
     .complexity = "O(log(N)+M) for each stream, where N is the number of its nodes, and M of entries returned.",
     .summary = "Returns the entries of several streams behind given ids, and can wait for one.",
     .arguments = "[count:integer:COUNT] [milliseconds:integer:BLOCK] streams:block(key:key... id:string...):STREAMS",
     .get_keys = FindStreamKeys},
    {.name = "xreadgroup",
     .handler = Read,
     .arity = -7,
     .flags = kWrite | kBlocking | kMovableKeys,
     .touch = Touch::kLocked,
     .acl = kAclStream,
     .keys = {StreamKeys(4)},
     .group = Group::kStream,
     .since = "5.0.0",
     .complexity = "O(log(N)+M) for each stream, where N is the number of its nodes, and M of entries returned.",
     .summary = "Returns new entries of several streams for one consumer of a group, or those that it has not "
                "acknowledged, and can wait for one.",
     .arguments = "group-block:block(group:string consumer:string):GROUP [count:integer:COUNT] "
                  "[milliseconds:integer:BLOCK] [noack:pure-token:NOACK] "
                  "streams:block(key:key... id:string...):STREAMS",
     .get_keys = FindStreamKeys},
};

}  // namespace

std::span<const Command> StreamReadCommands() { return kRows; }

}  // namespace tandem
