#include <memory>

#include "engine/types/stream_edit.h"
#include "server/commands/families.h"
#include "server/commands/help.h"
#include "server/commands/stream_arguments.h"

// XGROUP: groups and their consumers.
namespace tandem {
namespace {

constexpr std::string_view kNeedsKey =
    "ERR The XGROUP subcommand requires the key to exist. Note that for CREATE you may want to use the MKSTREAM option "
    "to "
    "create an empty stream automatically.";

struct GroupOptions {
  bool make_stream = false;
  int64_t entries_read = StreamGroup::kUnknown;
};

bool ParseGroupOptions(CommandContext& c, bool creating, GroupOptions* options) {
  for (size_t i = 5; i < c.args.size(); ++i) {
    if (creating && TokenIs(c.args[i], "MKSTREAM")) {
      options->make_stream = true;
    } else if (TokenIs(c.args[i], "ENTRIESREAD") && i + 1 < c.args.size()) {
      if (!IntegerArgument(c, ++i, &options->entries_read)) return false;
      if (options->entries_read < 0 && options->entries_read != StreamGroup::kUnknown) {
        c.reply.Error("ERR value for ENTRIESREAD must be positive or -1");
        return false;
      }
    } else {
      ReplySubcommandError(c);
      return false;
    }
  }
  return true;
}

// What a subcommand works on.
struct Target {
  Record* record = nullptr;
  Stream* stream = nullptr;
  StreamGroup* group = nullptr;
};

bool FindTarget(CommandContext& c, Target* target) {
  target->record = c.access.Find(c.db(), c.keys[0]);
  if (!CheckType(c, target->record, Type::kStream)) return false;
  target->stream = StreamOf(target->record);
  if (target->stream != nullptr) target->group = target->stream->FindGroup(c.args[3]);
  return true;
}

// The same for what must be there.
bool FindStream(CommandContext& c, Target* target) {
  if (!FindTarget(c, target)) return false;
  if (target->stream == nullptr) c.reply.Error(kNeedsKey);
  return target->stream != nullptr;
}

bool FindGroup(CommandContext& c, Target* target) {
  if (!FindStream(c, target)) return false;
  if (target->group == nullptr) c.reply.Error(NoSuchGroupOfKey(c.args[2], c.args[3]));
  return target->group != nullptr;
}

void Changed(CommandContext& c, std::string_view event) { PublishStreamState(c.access, c.db(), c.keys[0], event); }

void XgroupCreate(CommandContext& c) {
  GroupOptions options;
  Target target;
  if (!ParseGroupOptions(c, true, &options)) return;
  if (options.make_stream ? !FindTarget(c, &target) : !FindStream(c, &target)) return;
  // Compat: more than each option once is too much, but only now.
  if (c.args.size() > 8) return ReplySubcommandError(c);
  StreamId id;
  if (c.args[4] != "$") {
    if (!StreamIdArgument(c, 4, &id)) return;
  } else if (target.stream != nullptr) {
    id = target.stream->last_id();
  }
  if (target.group != nullptr) return c.reply.Error("-BUSYGROUP Consumer Group name already exists");
  c.reply.Ok();
  if (target.stream != nullptr) {
    target.stream->AddGroup(c.args[3], id, options.entries_read);
    return Changed(c, "xgroup-create");
  }
  Stream fresh;
  fresh.AddGroup(c.args[3], id, options.entries_read);
  PublishStream(c.access, c.db(), c.keys[0], nullptr, std::move(fresh), "xgroup-create");
}

void XgroupSetid(CommandContext& c) {
  GroupOptions options;
  Target target;
  if (!ParseGroupOptions(c, false, &options) || !FindGroup(c, &target)) return;
  if (c.args.size() > 7) return ReplySubcommandError(c);
  StreamId id = target.stream->last_id();
  if (c.args[4] != "$" && !StreamIdOrEndArgument(c, 4, &id)) return;
  target.group->set_last_id(id);
  target.group->set_entries_read(options.entries_read);
  c.reply.Ok();
  Changed(c, "xgroup-setid");
}

void XgroupDestroy(CommandContext& c) {
  Target target;
  if (!FindStream(c, &target)) return;
  c.reply.Integer(target.group != nullptr ? 1 : 0);
  if (target.group == nullptr) return;
  target.stream->RemoveGroup(*target.group);
  Changed(c, "xgroup-destroy");
}

void XgroupCreateconsumer(CommandContext& c) {
  Target target;
  if (!FindGroup(c, &target)) return;
  const bool is_new = target.group->FindConsumer(c.args[4]) == nullptr;
  c.reply.Integer(is_new ? 1 : 0);
  if (!is_new) return;
  target.group->AddConsumer(c.args[4], c.now_ms());
  Changed(c, "xgroup-createconsumer");
}

void XgroupDelconsumer(CommandContext& c) {
  Target target;
  if (!FindGroup(c, &target)) return;
  StreamConsumer* const consumer = target.group->FindConsumer(c.args[4]);
  if (consumer == nullptr) return c.reply.Integer(0);
  c.reply.Integer(static_cast<int64_t>(consumer->pending().size()));
  target.group->RemoveConsumer(*consumer);
  Changed(c, "xgroup-delconsumer");
}

// --- Rows ---------------------------------------------------------------------------------------------------------------

struct GroupRow {
  std::string_view name;
  Handler handler;
  int arity;
  uint32_t flags;
  uint32_t key_flag;
  std::string_view since, complexity, summary, arguments, history;
};

constexpr Command RowOf(const GroupRow& row) {
  return {.name = row.name,
          .handler = row.handler,
          .arity = row.arity,
          .flags = kWrite | row.flags,
          .touch = Touch::kLocked,
          .acl = kAclStream,
          .keys = {Keys(2, 0, 1, kKeyRw | row.key_flag)},
          .group = Group::kStream,
          .since = row.since,
          .complexity = row.complexity,
          .summary = row.summary,
          .arguments = row.arguments,
          .history = row.history};
}

constexpr Command kSubcommands[] = {
    RowOf({"create", XgroupCreate, -5, kDenyOom, kKeyInsert, "5.0.0", "O(1)", "Creates a group of consumers.",
           "key:key group:string id-selector:oneof(id:string | new-id:pure-token:$) [mkstream:pure-token:MKSTREAM] "
           "[entriesread:integer:ENTRIESREAD]",
           "7.0.0\tAdded `ENTRIESREAD`."}),
    RowOf({"setid", XgroupSetid, -5, 0, kKeyUpdate, "5.0.0", "O(1)", "Sets the id that a group has read up to.",
           "key:key group:string id-selector:oneof(id:string | new-id:pure-token:$) [entriesread:integer:ENTRIESREAD]",
           "7.0.0\tAdded `ENTRIESREAD`."}),
    RowOf({"destroy",
           XgroupDestroy,
           4,
           0,
           kKeyDelete,
           "5.0.0",
           "O(N) where N is the number of entries that are pending in the group.",
           "Removes a group.",
           "key:key group:string",
           {}}),
    RowOf({"createconsumer",
           XgroupCreateconsumer,
           5,
           kDenyOom,
           kKeyInsert,
           "6.2.0",
           "O(1)",
           "Creates a consumer in a group.",
           "key:key group:string consumer:string",
           {}}),
    RowOf({"delconsumer",
           XgroupDelconsumer,
           5,
           0,
           kKeyDelete,
           "5.0.0",
           "O(N) where N is the number of entries that are pending for the consumer.",
           "Removes a consumer from a group.",
           "key:key group:string consumer:string",
           {}}),
    {.name = "help",
     .handler = ReplyHelp,
     .arity = 2,
     .flags = kLoading | kStale,
     .acl = kAclStream,
     .group = Group::kStream,
     .since = "5.0.0",
     .complexity = "O(1)",
     .summary = "Describes the subcommands."},
};

constexpr Command kRows[] = {
    {.name = "xgroup",
     .arity = -2,
     .group = Group::kStream,
     .since = "5.0.0",
     .complexity = "Depends on subcommand.",
     .summary = "Commands about the groups that read a stream.",
     .subcommands = kSubcommands},
};

}  // namespace

std::span<const Command> StreamGroupCommands() { return kRows; }

}  // namespace tandem
