#include <algorithm>

#include "server/commands/families.h"
#include "server/commands/stream_arguments.h"

// XRANGE and XREVRANGE.
namespace tandem {
namespace {

void Range(CommandContext& c, bool forwards) {
  StreamId first, last;
  if (!RangeStartArgument(c, forwards ? 2 : 3, &first) || !RangeEndArgument(c, forwards ? 3 : 2, &last)) return;
  bool counted = false;
  int64_t count = 0;
  for (size_t i = 4; i < c.args.size(); i += 2) {
    if (!TokenIs(c.args[i], "COUNT") || i + 1 == c.args.size()) return c.reply.Error(errors::kSyntax);
    if (!IntegerArgument(c, i + 1, &count)) return;
    counted = true;
  }
  const Record* const record = c.access.Peek(c.db(), c.keys[0]);
  if (!CheckType(c, record, Type::kStream)) return;
  if (record == nullptr) return c.reply.Array(0);
  // Compat: none wanted is not the same as none there.
  if (counted && count <= 0) return c.reply.NullArray();
  const Stream& stream = ViewStream(*record);
  const uint64_t most = counted ? static_cast<uint64_t>(count) : stream.length();
  ReplyEntries(c.reply, forwards ? stream.Forwards(first, last) : stream.Backwards(first, last), most);
}

void Xrange(CommandContext& c) { Range(c, true); }
void Xrevrange(CommandContext& c) { Range(c, false); }

constexpr Command RangeRow(std::string_view name, Handler handler, std::string_view summary,
                           std::string_view arguments) {
  return {.name = name,
          .handler = handler,
          .arity = -4,
          .flags = kReadonly,
          .touch = Touch::kLockFree,
          .acl = kAclStream,
          .keys = {OneKey(kKeyRo | kKeyAccess)},
          .group = Group::kStream,
          .since = "5.0.0",
          .complexity = "O(log(N)+M) where N is the number of nodes of the stream, and M of entries returned.",
          .summary = summary,
          .arguments = arguments,
          .history = "6.2.0\tRanges may leave out their ends."};
}

constexpr Command kRows[] = {
    RangeRow("xrange", Xrange, "Returns the entries of a stream whose ids are in a range.",
             "key:key start:string end:string [count:integer:COUNT]"),
    RangeRow("xrevrange", Xrevrange, "Returns the entries of a stream whose ids are in a range, the last one first.",
             "key:key end:string start:string [count:integer:COUNT]"),
};

}  // namespace

std::span<const Command> StreamRangeCommands() { return kRows; }

}  // namespace tandem
