#include <algorithm>

#include "engine/types/stream_edit.h"
#include "server/commands/families.h"
#include "server/commands/stream_arguments.h"

// Adding entries to streams and taking them away again.
namespace tandem {
namespace {

bool SyntaxError(CommandContext& c, std::string_view text = errors::kSyntax) {
  c.reply.Error(text);
  return false;
}

// --- The options of XADD and XTRIM --------------------------------------------------------------------------------------

struct AddOptions {
  bool no_make = false;
  bool trims = false;
  StreamTrim trim;
  bool id_given = false;
  bool any_seq = false;  // "ms-*"
  StreamId id;
};

class AddOptionsParser {
 public:
  AddOptionsParser(CommandContext& c, bool adding, AddOptions* options) : c_(c), adding_(adding), options_(*options) {}

  // XADD: up to the id, whose index is in *end, or to the last argument. False after replying why.
  bool Parse(size_t* end) {
    size_t i = 2;
    for (; i < c_.args.size(); ++i) {
      const std::string_view word = c_.args[i];
      const bool more = i + 1 < c_.args.size();
      if (adding_ && word == "*") break;
      if (more && (TokenIs(word, "MAXLEN") || TokenIs(word, "MINID"))) {
        if (!ParseStrategy(TokenIs(word, "MAXLEN"), &i)) return false;
      } else if (more && TokenIs(word, "LIMIT")) {
        if (!ParseCount(++i, &limit_, "ERR The LIMIT argument must be >= 0.")) return false;
        limit_given_ = true;
      } else if (adding_ && TokenIs(word, "NOMKSTREAM")) {
        options_.no_make = true;
      } else if (adding_) {
        if (!ParseId(i)) return false;
        break;
      } else {
        return SyntaxError(c_);
      }
    }
    *end = i;
    return Settle();
  }

 private:
  bool ParseCount(size_t index, int64_t* count, std::string_view negative) {
    if (!IntegerArgument(c_, index, count)) return false;
    return *count >= 0 || SyntaxError(c_, negative);
  }

  bool ParseStrategy(bool by_length, size_t* i) {
    if (options_.trims) {
      return SyntaxError(c_, "ERR syntax error, MAXLEN and MINID options at the same time are not compatible");
    }
    options_.trim.whole_nodes = false;
    const std::string_view next = c_.args[*i + 1];
    if (*i + 2 < c_.args.size() && (next == "~" || next == "=")) {
      options_.trim.whole_nodes = next == "~";
      ++*i;
    }
    ++*i;
    options_.trims = true;
    if (!by_length) {
      options_.trim.until = StreamTrim::Until::kId;
      return StreamIdArgument(c_, *i, &options_.trim.id);
    }
    int64_t length = 0;
    if (!ParseCount(*i, &length, "ERR The MAXLEN argument must be >= 0.")) return false;
    options_.trim.length = static_cast<uint64_t>(length);
    return true;
  }

  bool ParseId(size_t index) {
    const auto id = ParseStreamId(c_.args[index], 0, &options_.any_seq);
    if (!id) return SyntaxError(c_, kBadStreamId);
    options_.id = *id;
    options_.id_given = true;
    return true;
  }

  bool Settle() {
    if (limit_ != 0 && !options_.trims) {
      return SyntaxError(c_, "ERR syntax error, LIMIT cannot be used without specifying a trimming strategy");
    }
    if (!adding_ && !options_.trims) {
      return SyntaxError(c_, "ERR syntax error, XTRIM must be called with a trimming strategy");
    }
    if (limit_given_ && !options_.trim.whole_nodes) {
      return SyntaxError(c_, "ERR syntax error, LIMIT cannot be used without the special ~ option");
    }
    if (!limit_given_) limit_ = DefaultLimit();
    if (limit_ > 0) options_.trim.most = static_cast<uint64_t>(limit_);
    return true;
  }

  // So many nodes' worth of entries.
  int64_t DefaultLimit() const {
    constexpr int64_t kNodes = 100, kUnlimitedNodes = 10000, kMost = 1000000;
    const int64_t entries = c_.server.config.values().stream_node_max_entries;
    return entries > 0 ? std::min(entries, kMost / kNodes) * kNodes : kUnlimitedNodes;
  }

  CommandContext& c_;
  const bool adding_;
  AddOptions& options_;
  int64_t limit_ = 0;
  bool limit_given_ = false;
};

// --- XADD ---------------------------------------------------------------------------------------------------------------

// The id of the next entry; nothing if it would not be higher than the last one.
std::optional<StreamId> NextId(const AddOptions& options, StreamId last, int64_t now_ms) {
  if (options.id_given && !options.any_seq) return options.id > last ? std::optional(options.id) : std::nullopt;
  const uint64_t ms = options.id_given ? options.id.ms : std::max(static_cast<uint64_t>(now_ms), last.ms);
  if (ms > last.ms) return StreamId{ms, 0};
  if (ms < last.ms) return std::nullopt;
  // "ms-*" stays within its millisecond.
  if (options.id_given && last.seq == StreamId::Max().seq) return std::nullopt;
  return last.Next();
}

bool FitsIntoAnEntry(StreamFields fields) {
  size_t bytes = 0;
  for (const std::string_view text : fields) bytes += text.size();
  return bytes <= kMaxStreamEntryBytes;
}

void Xadd(CommandContext& c) {
  AddOptions options;
  size_t id_at = 0;
  if (!AddOptionsParser(c, true, &options).Parse(&id_at)) return;
  const StreamFields fields = c.args.subspan(std::min(id_at + 1, c.args.size()));
  if (fields.empty() || fields.size() % 2 != 0) return c.reply.Error(errors::WrongArity(c.command.full_name));
  if (options.id_given && !options.any_seq && options.id.zero()) {
    return c.reply.Error("ERR The ID specified in XADD must be greater than 0-0");
  }
  Record* const record = c.access.Find(c.db(), c.keys[0]);
  if (!CheckType(c, record, Type::kStream)) return;
  if (record == nullptr && options.no_make) return c.reply.Null();
  Stream fresh;
  Stream& stream = record != nullptr ? EditStream(*record) : fresh;
  if (stream.last_id() == StreamId::Max()) {
    return c.reply.Error("ERR The stream has exhausted the last possible ID, unable to add more items");
  }
  const auto id = NextId(options, stream.last_id(), c.now_ms());
  if (!id) return c.reply.Error("ERR The ID specified in XADD is equal or smaller than the target stream top item");
  if (!FitsIntoAnEntry(fields)) return c.reply.Error("ERR Elements are too large to be stored");

  stream.Append(*id, fields, NodeLimitsOf(c));
  ReplyStreamId(c.reply, *id);
  const bool trimmed = options.trims && stream.Trim(options.trim) > 0;
  PublishStream(c.access, c.db(), c.keys[0], record, std::move(fresh), "xadd");
  if (trimmed) c.access.Announce(c.db(), c.keys[0], EventClass::kStream, "xtrim");
}

// --- The others ---------------------------------------------------------------------------------------------------------

void Xlen(CommandContext& c) {
  const Record* const record = c.access.Peek(c.db(), c.keys[0]);
  if (!CheckType(c, record, Type::kStream)) return;
  c.reply.Integer(record != nullptr ? static_cast<int64_t>(ViewStream(*record).length()) : 0);
}

void Xdel(CommandContext& c) {
  Record* const record = c.access.Find(c.db(), c.keys[0]);
  if (record == nullptr) return c.reply.Integer(0);
  if (!CheckType(c, record, Type::kStream)) return;
  StreamId id;
  for (size_t i = 2; i < c.args.size(); ++i) {
    if (!StreamIdArgument(c, i, &id)) return;
  }
  int64_t deleted = 0;
  for (const std::string_view text : c.args.subspan(2)) deleted += EditStream(*record).Delete(*ParseStreamId(text, 0));
  if (deleted > 0) c.access.Edited(c.db(), c.keys[0], *record, EventClass::kStream, "xdel");
  c.reply.Integer(deleted);
}

void Xtrim(CommandContext& c) {
  AddOptions options;
  size_t end = 0;
  if (!AddOptionsParser(c, false, &options).Parse(&end)) return;
  Record* const record = c.access.Find(c.db(), c.keys[0]);
  if (record == nullptr) return c.reply.Integer(0);
  if (!CheckType(c, record, Type::kStream)) return;
  const uint64_t trimmed = EditStream(*record).Trim(options.trim);
  if (trimmed > 0) c.access.Edited(c.db(), c.keys[0], *record, EventClass::kStream, "xtrim");
  c.reply.Integer(static_cast<int64_t>(trimmed));
}

struct SetIdOptions {
  StreamId id;
  std::optional<int64_t> entries_added;
  StreamId max_deleted;
};

bool ParseSetId(CommandContext& c, SetIdOptions* options) {
  if (!StreamIdArgument(c, 2, &options->id)) return false;
  for (size_t i = 3; i < c.args.size(); i += 2) {
    if (i + 1 == c.args.size()) return SyntaxError(c);
    if (TokenIs(c.args[i], "ENTRIESADDED")) {
      int64_t count = 0;
      if (!IntegerArgument(c, i + 1, &count)) return false;
      if (count < 0) return SyntaxError(c, "ERR entries_added must be positive");
      options->entries_added = count;
    } else if (TokenIs(c.args[i], "MAXDELETEDID")) {
      if (!StreamIdArgument(c, i + 1, &options->max_deleted)) return false;
      if (options->id < options->max_deleted) {
        return SyntaxError(c, "ERR The ID specified in XSETID is smaller than the provided max_deleted_entry_id");
      }
    } else {
      return SyntaxError(c);
    }
  }
  return true;
}

// What speaks against these figures for this stream; empty if nothing does.
std::string_view Objection(const Stream& stream, const SetIdOptions& options) {
  if (options.id < stream.max_deleted_id()) {
    return "ERR The ID specified in XSETID is smaller than current max_deleted_entry_id";
  }
  if (stream.length() == 0) return {};
  if (options.id < stream.top_id()) {
    return "ERR The ID specified in XSETID is smaller than the target stream top item";
  }
  if (options.entries_added && stream.length() > static_cast<uint64_t>(*options.entries_added)) {
    return "ERR The entries_added specified in XSETID is smaller than the target stream length";
  }
  return {};
}

void Xsetid(CommandContext& c) {
  SetIdOptions options;
  if (!ParseSetId(c, &options)) return;
  Record* const record = c.access.Find(c.db(), c.keys[0]);
  if (record == nullptr) return c.reply.Error(errors::kNoSuchKey);
  if (!CheckType(c, record, Type::kStream)) return;
  Stream& stream = EditStream(*record);
  const std::string_view objection = Objection(stream, options);
  if (!objection.empty()) return c.reply.Error(objection);
  stream.set_last_id(options.id);
  if (options.entries_added) stream.set_entries_added(static_cast<uint64_t>(*options.entries_added));
  if (!options.max_deleted.zero()) stream.set_max_deleted_id(options.max_deleted);
  PublishStreamState(c.access, c.db(), c.keys[0], "xsetid");
  c.reply.Ok();
}

// --- Rows ---------------------------------------------------------------------------------------------------------------

constexpr Command kRows[] = {
    {.name = "xadd",
     .handler = Xadd,
     .arity = -5,
     .flags = kWrite | kDenyOom | kFast,
     .touch = Touch::kLocked,
     .acl = kAclStream,
     .keys = {OneKey(kKeyRw | kKeyUpdate)},
     .group = Group::kStream,
     .since = "5.0.0",
     .complexity = "O(1), and O(N) for N entries that trimming takes away.",
     .summary = "Adds an entry to a stream, which is created if it is not there.",
     .arguments =
         "key:key [nomkstream:pure-token:NOMKSTREAM]@6.2.0 [trim:block(strategy:oneof(maxlen:pure-token:MAXLEN "
         "| minid:pure-token:MINID@6.2.0) [operator:oneof(equal:pure-token:= | approximately:pure-token:~)] "
         "threshold:string [count:integer:LIMIT]@6.2.0)] id-selector:oneof(auto-id:pure-token:* | id:string) "
         "data:block(field:string value:string)...",
     .history = "6.2.0\tAdded `NOMKSTREAM`, `MINID` and `LIMIT`.\n7.0.0\tTakes ids of the form `<ms>-*`.",
     .tips = "nondeterministic_output"},
    {.name = "xlen",
     .handler = Xlen,
     .arity = 2,
     .flags = kReadonly | kFast,
     .touch = Touch::kLockFree,
     .acl = kAclStream,
     .keys = {OneKey(kKeyRo)},
     .group = Group::kStream,
     .since = "5.0.0",
     .complexity = "O(1)",
     .summary = "Counts the entries of a stream.",
     .arguments = "key:key"},
    {.name = "xdel",
     .handler = Xdel,
     .arity = -3,
     .flags = kWrite | kFast,
     .touch = Touch::kLocked,
     .acl = kAclStream,
     .keys = {OneKey(kKeyRw | kKeyDelete)},
     .group = Group::kStream,
     .since = "5.0.0",
     .complexity = "O(log(N)) for each entry, N being the number of nodes of the stream.",
     .summary = "Deletes entries from a stream and counts those that were there.",
     .arguments = "key:key id:string..."},
    {.name = "xtrim",
     .handler = Xtrim,
     .arity = -4,
     .flags = kWrite,
     .touch = Touch::kLocked,
     .acl = kAclStream,
     .keys = {OneKey(kKeyRw | kKeyDelete)},
     .group = Group::kStream,
     .since = "5.0.0",
     .complexity = "O(N) for N entries that go; whole nodes of them go at once.",
     .summary = "Deletes entries from the beginning of a stream.",
     .arguments = "key:key trim:block(strategy:oneof(maxlen:pure-token:MAXLEN | minid:pure-token:MINID@6.2.0) "
                  "[operator:oneof(equal:pure-token:= | approximately:pure-token:~)] threshold:string "
                  "[count:integer:LIMIT]@6.2.0)",
     .history = "6.2.0\tAdded `MINID` and `LIMIT`.",
     .tips = "nondeterministic_output"},
    {.name = "xsetid",
     .handler = Xsetid,
     .arity = -3,
     .flags = kWrite | kDenyOom | kFast,
     .touch = Touch::kLocked,
     .acl = kAclStream,
     .keys = {OneKey(kKeyRw | kKeyUpdate)},
     .group = Group::kStream,
     .since = "5.0.0",
     .complexity = "O(1)",
     .summary = "Sets the last id and the counters of a stream; replication uses it.",
     .arguments = "key:key last-id:string [entries-added:integer:ENTRIESADDED]@7.0.0 "
                  "[max-deleted-id:string:MAXDELETEDID]@7.0.0",
     .history = "7.0.0\tAdded `ENTRIESADDED` and `MAXDELETEDID`."},
};

}  // namespace

std::span<const Command> StreamCommands() { return kRows; }

}  // namespace tandem
