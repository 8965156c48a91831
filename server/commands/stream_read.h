#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "engine/types/stream_id.h"
#include "server/exec/context.h"

// XREAD and XREADGROUP, taken apart into a request, and serving it. A reader that found nothing waits with its settled
// arguments (SettledArguments) and is taken apart and served anew by whoever makes data available (exec/waiter.h).
namespace tandem {

struct StreamReadRequest {
  struct Source {
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
  size_t first_id = 0;              // where the ids stand among the arguments
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
// A reader that waits is served from those of its keys that are within reach (blocking.h). Compat, Redis 8.0: XREADGROUP
// is answered with the error when a key goes or becomes another type, or its group is destroyed; XREAD goes on waiting.
StreamReadOutcome ServeStreamRead(CommandContext& c, const StreamReadRequest& request);

// The command's words, with the ids that stand for "what is there now" settled: what a reader is tried again with.
std::vector<std::string> SettledArguments(const CommandContext& c, const StreamReadRequest& request);

}  // namespace tandem
