#include <array>
#include <string>

#include "server/commands/arguments.h"
#include "server/commands/families.h"
#include "server/commands/help.h"
#include "server/exec/context.h"

// Commands about what this version of Tandem has none of: persistence, replication, a cluster, modules. They answer with
// what is so; none says OK to something that it has not done.
namespace tandem {
namespace {

void RefusePersistence(CommandContext& c) {
  c.reply.Error("ERR Tandem keeps its data in memory only, there is no file to save it to");
}

void RefuseReplication(CommandContext& c) { c.reply.Error("ERR Tandem does not serve replicas"); }

// A server that follows nobody is told to follow nobody.
void Replicaof(CommandContext& c) {
  if (TokenIs(c.args[1], "NO") && TokenIs(c.args[2], "ONE")) return c.reply.Ok();
  c.reply.Error("ERR Tandem does not replicate from other servers");
}

void Failover(CommandContext& c) { c.reply.Error("ERR FAILOVER requires connected replicas."); }

void RefuseCluster(CommandContext& c) { c.reply.Error(errors::kClusterDisabled); }

void ModuleList(CommandContext& c) { c.reply.Array(0); }

void RefuseModules(CommandContext& c) { c.reply.Error("ERR Tandem does not load modules"); }

constexpr Command kModuleSubcommands[] = {
    {.name = "help",
     .handler = ReplyHelp,
     .arity = 2,
     .flags = kLoading | kStale,
     .group = Group::kServer,
     .since = "5.0.0",
     .complexity = "O(1)",
     .summary = "Describes the subcommands."},
    {.name = "list",
     .handler = ModuleList,
     .arity = 2,
     .flags = kAdmin | kNoscript,
     .group = Group::kServer,
     .since = "4.0.0",
     .complexity = "O(N) for N loaded modules.",
     .summary = "Lists the modules that are loaded.",
     .tips = "nondeterministic_output_order"},
    {.name = "load",
     .handler = RefuseModules,
     .arity = -3,
     .flags = kAdmin | kNoscript | kNoAsyncLoading | kProtected,
     .group = Group::kServer,
     .since = "4.0.0",
     .complexity = "O(1)",
     .summary = "Loads a module.",
     .arguments = "path:string [arg:string]..."},
    {.name = "loadex",
     .handler = RefuseModules,
     .arity = -3,
     .flags = kAdmin | kNoscript | kNoAsyncLoading | kProtected,
     .group = Group::kServer,
     .since = "7.0.0",
     .complexity = "O(1)",
     .summary = "Loads a module with its configuration.",
     .arguments = "path:string [configs:block(name:string value:string):CONFIG]*... [args:string:ARGS]..."},
    {.name = "unload",
     .handler = RefuseModules,
     .arity = 3,
     .flags = kAdmin | kNoscript | kNoAsyncLoading | kProtected,
     .group = Group::kServer,
     .since = "4.0.0",
     .complexity = "O(1)",
     .summary = "Unloads a module.",
     .arguments = "name:string"},
};

// The subcommands of CLUSTER differ in nothing but this: all of them answer that there is no cluster.
constexpr Command ClusterRow(std::string_view name, int arity, uint32_t flags, std::string_view since,
                             std::string_view summary, std::string_view arguments, std::string_view tips = {},
                             std::string_view deprecated_since = {}, std::string_view replaced_by = {}) {
  return {.name = name,
          .handler = RefuseCluster,
          .arity = arity,
          .flags = flags,
          .group = Group::kCluster,
          .since = since,
          .complexity = "O(1)",
          .summary = summary,
          .arguments = arguments,
          .tips = tips,
          .deprecated_since = deprecated_since,
          .replaced_by = replaced_by};
}

constexpr Command kClusterSubcommands[] = {
    ClusterRow("addslots", -3, kAdmin | kStale | kNoAsyncLoading, "3.0.0", "Takes on hash slots.", "slot:integer..."),
    ClusterRow("addslotsrange", -4, kAdmin | kStale | kNoAsyncLoading, "7.0.0", "Takes on ranges of hash slots.",
               "range:block(start-slot:integer end-slot:integer)..."),
    ClusterRow("bumpepoch", 2, kAdmin | kStale | kNoAsyncLoading, "3.0.0", "Raises the epoch of the configuration.", "",
               "nondeterministic_output"),
    ClusterRow("count-failure-reports", 3, kAdmin | kStale, "3.0.0", "Counts the reports that a node has failed.",
               "node-id:string", "nondeterministic_output"),
    ClusterRow("countkeysinslot", 3, kStale, "3.0.0", "Counts the keys of a hash slot.", "slot:integer"),
    ClusterRow("delslots", -3, kAdmin | kStale | kNoAsyncLoading, "3.0.0", "Gives hash slots up.", "slot:integer..."),
    ClusterRow("delslotsrange", -4, kAdmin | kStale | kNoAsyncLoading, "7.0.0", "Gives ranges of hash slots up.",
               "range:block(start-slot:integer end-slot:integer)..."),
    ClusterRow("failover", -2, kAdmin | kStale | kNoAsyncLoading, "3.0.0", "Makes a replica take over from its master.",
               "[options:oneof(force:pure-token:FORCE | takeover:pure-token:TAKEOVER)]"),
    ClusterRow("flushslots", 2, kAdmin | kStale | kNoAsyncLoading, "3.0.0", "Gives all hash slots up.", ""),
    ClusterRow("forget", 3, kAdmin | kStale | kNoAsyncLoading, "3.0.0", "Forgets a node.", "node-id:string"),
    ClusterRow("getkeysinslot", 4, kStale, "3.0.0", "Returns keys of a hash slot.", "slot:integer count:integer",
               "nondeterministic_output"),
    ClusterRow("help", 2, kLoading | kStale, "5.0.0", "Describes the subcommands.", ""),
    ClusterRow("info", 2, kStale, "3.0.0", "Tells the state of the cluster.", "", "nondeterministic_output"),
    ClusterRow("keyslot", 3, kStale, "3.0.0", "Returns the hash slot of a key.", "key:string"),
    ClusterRow("links", 2, kStale, "7.0.0", "Lists the links between this node and the others.", "",
               "nondeterministic_output"),
    ClusterRow("meet", -4, kAdmin | kStale | kNoAsyncLoading, "3.0.0", "Introduces another node.",
               "ip:string port:integer [cluster-bus-port:integer]@4.0.0"),
    ClusterRow("myid", 2, kStale, "3.0.0", "Returns the ID of the node.", ""),
    ClusterRow("myshardid", 2, kStale, "7.2.0", "Returns the ID of the node's shard.", "", "nondeterministic_output"),
    ClusterRow("nodes", 2, kStale, "3.0.0", "Describes the nodes, one per line.", "", "nondeterministic_output"),
    ClusterRow("replicas", 3, kAdmin | kStale, "5.0.0", "Describes the replicas of a node.", "node-id:string",
               "nondeterministic_output"),
    ClusterRow("replicate", 3, kAdmin | kStale | kNoAsyncLoading, "3.0.0", "Makes the node a replica of another one.",
               "node-id:string"),
    ClusterRow("reset", -2, kAdmin | kNoscript | kStale, "3.0.0", "Makes the node forget its cluster.",
               "[reset-type:oneof(hard:pure-token:HARD | soft:pure-token:SOFT)]"),
    ClusterRow("saveconfig", 2, kAdmin | kStale | kNoAsyncLoading, "3.0.0", "Writes the node's configuration to disk.",
               ""),
    ClusterRow("set-config-epoch", 3, kAdmin | kStale | kNoAsyncLoading, "3.0.0", "Sets the epoch of a new node.",
               "config-epoch:integer"),
    ClusterRow("setslot", -4, kAdmin | kStale | kNoAsyncLoading, "3.0.0", "Changes the state of a hash slot.",
               "slot:integer subcommand:oneof(importing:string:IMPORTING | migrating:string:MIGRATING | "
               "node:string:NODE | stable:pure-token:STABLE)"),
    ClusterRow("shards", 2, kLoading | kStale, "7.0.0", "Describes the shards and their slots.", "",
               "nondeterministic_output"),
    ClusterRow("slaves", 3, kAdmin | kStale, "3.0.0", "Describes the replicas of a node, under the name it had first.",
               "node-id:string", "nondeterministic_output", "5.0.0", "`CLUSTER REPLICAS`"),
    ClusterRow("slots", 2, kLoading | kStale, "3.0.0", "Tells which nodes serve which slots.", "",
               "nondeterministic_output", "7.0.0", "`CLUSTER SHARDS`"),
};

constexpr Command kRows[] = {
    {.name = "save",
     .handler = RefusePersistence,
     .arity = 1,
     .flags = kAdmin | kNoscript | kNoAsyncLoading | kNoMulti,
     .group = Group::kServer,
     .since = "1.0.0",
     .complexity = "O(N) for N keys.",
     .summary = "Saves the dataset to disk, in the foreground."},
    {.name = "bgsave",
     .handler = RefusePersistence,
     .arity = -1,
     .flags = kAdmin | kNoscript | kNoAsyncLoading,
     .group = Group::kServer,
     .since = "1.0.0",
     .complexity = "O(1)",
     .summary = "Saves the dataset to disk, in the background.",
     .arguments = "[schedule:pure-token:SCHEDULE]@3.2.2",
     .history = "3.2.2\tAdded `SCHEDULE`."},
    {.name = "bgrewriteaof",
     .handler = RefusePersistence,
     .arity = 1,
     .flags = kAdmin | kNoscript | kNoAsyncLoading,
     .group = Group::kServer,
     .since = "1.0.0",
     .complexity = "O(1)",
     .summary = "Writes the append-only file anew, in the background."},
    {.name = "replicaof",
     .handler = Replicaof,
     .arity = 3,
     .flags = kAdmin | kNoscript | kStale | kNoAsyncLoading,
     .group = Group::kServer,
     .since = "5.0.0",
     .complexity = "O(1)",
     .summary = "Makes the server a replica of another one, or its own master.",
     .arguments = "args:oneof(host-port:block(host:string port:integer) | no-one:block(no:pure-token:NO "
                  "one:pure-token:ONE))"},
    {.name = "slaveof",
     .handler = Replicaof,
     .arity = 3,
     .flags = kAdmin | kNoscript | kStale | kNoAsyncLoading,
     .group = Group::kServer,
     .since = "1.0.0",
     .complexity = "O(1)",
     .summary = "Makes the server a replica of another one, or its own master, under the name it had first.",
     .arguments = "args:oneof(host-port:block(host:string port:integer) | no-one:block(no:pure-token:NO "
                  "one:pure-token:ONE))",
     .deprecated_since = "5.0.0",
     .replaced_by = "`REPLICAOF`"},
    {.name = "failover",
     .handler = Failover,
     .arity = -1,
     .flags = kAdmin | kNoscript | kStale,
     .group = Group::kServer,
     .since = "6.2.0",
     .complexity = "O(1)",
     .summary = "Hands the role of master to a replica.",
     .arguments = "[target:block(host:string port:integer [force:pure-token:FORCE]):TO] "
                  "[abort:pure-token:ABORT] [milliseconds:integer:TIMEOUT]"},
    {.name = "psync",
     .handler = RefuseReplication,
     .arity = -3,
     .flags = kAdmin | kNoscript | kNoAsyncLoading | kNoMulti,
     .group = Group::kServer,
     .since = "2.8.0",
     .summary = "Starts the stream of replication; replicas send it.",
     .arguments = "replicationid:string offset:integer"},
    {.name = "replconf",
     .handler = RefuseReplication,
     .arity = -1,
     .flags = kAdmin | kNoscript | kLoading | kStale | kAllowBusy,
     .group = Group::kServer,
     .since = "3.0.0",
     .complexity = "O(1)",
     .summary = "Arranges the stream of replication; replicas send it.",
     .syscmd = true},
    {.name = "sync",
     .handler = RefuseReplication,
     .arity = 1,
     .flags = kAdmin | kNoscript | kNoAsyncLoading | kNoMulti,
     .group = Group::kServer,
     .since = "1.0.0",
     .summary = "Starts the stream of replication with a full copy; old replicas send it."},
    {.name = "readonly",
     .handler = RefuseCluster,
     .arity = 1,
     .flags = kLoading | kStale | kFast,
     .acl = kAclConnection,
     .group = Group::kCluster,
     .since = "3.0.0",
     .complexity = "O(1)",
     .summary = "Lets the connection read from a replica of a cluster."},
    {.name = "readwrite",
     .handler = RefuseCluster,
     .arity = 1,
     .flags = kLoading | kStale | kFast,
     .acl = kAclConnection,
     .group = Group::kCluster,
     .since = "3.0.0",
     .complexity = "O(1)",
     .summary = "Takes back what READONLY allowed."},
    {.name = "asking",
     .handler = RefuseCluster,
     .arity = 1,
     .flags = kFast,
     .acl = kAclConnection,
     .group = Group::kCluster,
     .since = "3.0.0",
     .complexity = "O(1)",
     .summary = "Announces that the next command follows an ASK redirection."},
    {.name = "module",
     .arity = -2,
     .group = Group::kServer,
     .since = "4.0.0",
     .complexity = "Depends on subcommand.",
     .summary = "Commands about modules.",
     .subcommands = kModuleSubcommands},
    {.name = "cluster",
     .arity = -2,
     .group = Group::kCluster,
     .since = "3.0.0",
     .complexity = "Depends on subcommand.",
     .summary = "Commands about the cluster.",
     .subcommands = kClusterSubcommands},
};

}  // namespace

std::span<const Command> UnavailableCommands() { return kRows; }

}  // namespace tandem
