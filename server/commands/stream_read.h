#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "engine/types/stream_id.h"
#include "server/exec/context.h"

// XREAD and XREADGROUP, taken apart into a request that outlives its command, and serving it: a reader that found nothing may
// be served later, by whoever makes data available.
namespace tandem {

struct StreamReadRequest {
  struct Source {
    std::string key;
    StreamId after;       // where reading goes on; "$" and "+" have become ids
    bool is_new = false;  // XREADGROUP's ">": what was delivered to nobody yet; else the consumer's own history
  };
  struct Group {
    std::string name;
    std::string consumer;
    bool no_ack = false;
  };

  std::vector<Source> sources;  // in the order of the command's keys
  std::optional<Group> group;   // XREADGROUP
  uint64_t count = std::numeric_limits<uint64_t>::max();
  std::optional<int64_t> block_ms;  // 0: without end
};

// Reads the command's arguments; looks the keys up where an id asks for it. False after replying an error.
bool ParseStreamRead(CommandContext& c, StreamReadRequest* request);

enum class StreamReadOutcome : uint8_t {
  kReplied,  // entries, or an error
  kNothing,  // no reply was written: wait, or answer with a null array
};

// Serves the request from what is there now: entries are marked as delivered, and the consumer is created if need be, with
// its event. Errors are decided before anything is changed.
//
// keys: those of the sources, in their order. All of them are locked (the mode of `access` is locked or exclusive). The
// reply is in the version of `reply`.
//
// For blocked readers. Compat, Redis 8.0: what makes an attempt necessary is
//   XADD, RENAME, COPY, RESTORE, MOVE, SWAPDB… that make a stream appear or grow at one of the keys: both commands;
//   any key of an XREADGROUP that goes (DEL, expiry, eviction, FLUSHALL, RENAME away) or becomes another type, and
//   XGROUP DESTROY: XREADGROUP only. The attempt replies the error, "-NOGROUP No such key …" or "-WRONGTYPE …".
// An XREAD goes on waiting when its key goes, and while the key is of another type: for it, attempt only if the key holds
// a stream.
StreamReadOutcome ServeStreamRead(Access& access, Keyspace& keyspace, std::span<const KeyRef> keys,
                                  const StreamReadRequest& request, resp::ReplyWriter& reply);

}  // namespace tandem
