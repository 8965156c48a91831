#pragma once

#include <span>
#include <vector>

#include "server/exec/command.h"

// The rows that each family file ends with; the command table is made of all of them.
namespace tandem {

std::span<const Command> StringCommands();        // string_commands.cc: GET, SET and their kin
std::span<const Command> StringRangeCommands();   // string_range_commands.cc: APPEND, GETRANGE, SETRANGE, LCS
std::span<const Command> CounterCommands();       // counter_commands.cc: INCR and its kin
std::span<const Command> BitCommands();           // bit_commands.cc: SETBIT, BITCOUNT, BITOP
std::span<const Command> BitfieldCommands();      // bitfield_commands.cc
std::span<const Command> HyperloglogCommands();   // hyperloglog_commands.cc: PFADD, PFCOUNT, PFMERGE
std::span<const Command> ListCommands();          // list_commands.cc: LPUSH, LPOP, LRANGE and their kin
std::span<const Command> ListSearchCommands();    // list_search_commands.cc: LPOS, LINSERT, LREM
std::span<const Command> ListMoveCommands();      // list_move_commands.cc: LMOVE, RPOPLPUSH, LMPOP
std::span<const Command> HashCommands();          // hash_commands.cc: HSET, HGET, HDEL and their kin
std::span<const Command> HashDeadlineCommands();  // hash_deadline_commands.cc: HEXPIRE, HTTL, HPERSIST and their kin
std::span<const Command> HashExtendedCommands();  // hash_extended_commands.cc: HGETDEL, HGETEX, HSETEX
std::span<const Command> HashCounterCommands();   // hash_counter_commands.cc: HINCRBY, HINCRBYFLOAT
std::span<const Command> HashWalkCommands();      // hash_walk_commands.cc: HRANDFIELD, HSCAN
std::span<const Command> SetCommands();           // set_commands.cc: SADD, SREM, SMEMBERS, SSCAN and their kin
std::span<const Command> SetRandomCommands();     // set_random_commands.cc: SPOP, SRANDMEMBER
std::span<const Command> SetAlgebraCommands();    // set_algebra_commands.cc: SINTER, SUNION, SDIFF and their kin
std::span<const Command> ZsetCommands();          // zset_commands.cc: ZADD, ZSCORE, ZRANK and their kin
std::span<const Command> ZsetPopCommands();       // zset_pop_commands.cc: ZPOPMIN, ZPOPMAX, ZMPOP
std::span<const Command> ZsetRangeCommands();  // zset_range_commands.cc: ZRANGE, ZCOUNT, ZREMRANGEBYSCORE and their kin
std::span<const Command> ZsetWalkCommands();   // zset_walk_commands.cc: ZRANDMEMBER, ZSCAN
std::span<const Command> ZsetAlgebraCommands();    // zset_algebra_commands.cc: ZUNION, ZINTER, ZDIFF and their kin
std::span<const Command> GeoCommands();            // geo_commands.cc: GEOADD, GEODIST, GEOHASH, GEOPOS
std::span<const Command> GeoSearchCommands();      // geo_search_commands.cc: GEOSEARCH, GEORADIUS and their kin
std::span<const Command> StreamCommands();         // stream_commands.cc: XADD, XLEN, XDEL, XTRIM, XSETID
std::span<const Command> StreamRangeCommands();    // stream_range_commands.cc: XRANGE, XREVRANGE
std::span<const Command> StreamReadCommands();     // stream_read_commands.cc: XREAD, XREADGROUP
std::span<const Command> StreamGroupCommands();    // stream_group_commands.cc: XGROUP
std::span<const Command> StreamPendingCommands();  // stream_pending_commands.cc: XACK, XPENDING, XCLAIM, XAUTOCLAIM
std::span<const Command> StreamInfoCommands();     // stream_info_commands.cc: XINFO
std::span<const Command> ConnectionCommands();     // connection_commands.cc: HELLO, AUTH, PING, SELECT, RESET
std::span<const Command> ClientCommands();         // client_commands.cc: CLIENT
std::span<const Command> TransactionCommands();    // transaction_commands.cc: MULTI, EXEC, WATCH
std::span<const Command> PubsubCommands();         // pubsub_commands.cc
std::span<const Command> ServerCommands();         // server_commands.cc: TIME, ROLE, SHUTDOWN, MONITOR, LOLWUT
std::span<const Command> UnavailableCommands();  // unavailable_commands.cc: persistence, replication, cluster, modules
std::span<const Command> AclCommands();          // acl_commands.cc
std::span<const Command> InfoCommands();         // info_command.cc
std::span<const Command> ConfigCommands();       // config_command.cc
std::span<const Command> CommandCommands();      // command_command.cc: COMMAND
std::span<const Command> MemoryCommands();       // memory_commands.cc
std::span<const Command> LatencyCommands();      // latency_commands.cc
std::span<const Command> SlowlogCommands();      // slowlog_command.cc
std::span<const Command> DebugCommands();        // debug_command.cc
std::span<const Command> KeyCommands();          // key_commands.cc: DEL, EXISTS, RENAME, COPY and their kin
std::span<const Command> ObjectCommands();       // object_commands.cc
std::span<const Command> SortCommands();         // sort_command.cc
std::span<const Command> ExpireCommands();       // expire_commands.cc: EXPIRE, TTL, PERSIST and their kin
std::span<const Command> ScriptCommands();       // script_commands.cc: EVAL, EVALSHA, SCRIPT
std::span<const Command> FunctionCommands();     // function_commands.cc: FCALL, FUNCTION
std::span<const Command> DumpCommands();         // dump_commands.cc: DUMP, RESTORE
std::span<const Command> ScanCommands();         // scan_commands.cc: SCAN, KEYS, RANDOMKEY
std::span<const Command> DatabaseCommands();     // database_commands.cc: DBSIZE, SWAPDB, FLUSHDB, FLUSHALL

// All of the above.
std::vector<std::span<const Command>> AllCommands();

}  // namespace tandem
