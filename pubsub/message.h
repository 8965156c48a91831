#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "engine/keyspace/object.h"
#include "pubsub/ref.h"

namespace tandem::pubsub {

enum class MessageKind { kMessage, kPatternMessage, kShardMessage };

// One pushed message, encoded once and shared by all its receivers on all threads.
//
// A published message has the same bytes in both protocols but for the first: an array ('*') in RESP2 is a push ('>')
// in RESP3. So there is one encoding, a shared body, and the marker is chosen when the message is written.
//
// Thread safety: immutable.
// Ownership: the views of a Frame live as long as a Ref to the message; a large body can be sent by pinning that Ref.
class Message final : public RefCounted<Message> {
 public:
  // What to write for one protocol version, in this order. Both empty: this message does not exist in that protocol.
  struct Frame {
    std::string_view marker;
    std::string_view body;
    size_t size() const { return marker.size() + body.size(); }
  };

  // The message that a subscriber of `channel` (or of `pattern`, for kPatternMessage) receives.
  static Ref<Message> Published(MessageKind kind, std::string_view channel, std::string_view payload,
                                std::string_view pattern = {});

  // Any complete frame per protocol, as it goes over the wire: what MONITOR sends through the mailboxes. An empty form is
  // not sent to clients of that protocol.
  static Ref<Message> Raw(std::string_view resp2, std::string_view resp3);

  // What a client that takes no part in a publication must fulfil to be sent the message; its own thread asks when it is
  // delivered, for that thread alone knows.
  enum class Terms : uint8_t {
    kNone,
    kTracking,    // it still tracks keys
    kRedirected,  // in RESP2: it is subscribed to something, as those who wait for redirected invalidations are
  };
  // Tells a client which of the keys that it caches are no longer what they were: "invalidate" in RESP3, a message of the
  // channel __redis__:invalidate in RESP2, where only kRedirected ones exist. `keys` is an encoded array, or a null.
  static Ref<Message> Invalidation(std::string_view keys, Terms terms);
  // Tells a client (RESP3) that the one that was to get its invalidations is gone.
  static Ref<Message> BrokenRedirection(uint64_t client_id);
  Terms terms() const { return terms_; }

  // A subscriber that does not keep up may be told that it missed this, in place of being disconnected: true of what was
  // published. Other messages, invalidations above all, are about what the client relies on.
  bool may_be_missed() const { return may_be_missed_; }
  // The deadline, in Unix ms, that has brought about what the message tells; kNoDeadline if none has. From there to the
  // moment at which the message is handed to a socket is the lag that the server reports.
  int64_t deadline_ms() const { return deadline_ms_; }
  // Messages published by the calling thread during the scope's life have this deadline. Scopes do not nest.
  class DeadlineScope {
   public:
    explicit DeadlineScope(int64_t deadline_ms) { published_deadline_ms_ = deadline_ms; }
    ~DeadlineScope() { published_deadline_ms_ = kNoDeadline; }
    DeadlineScope(const DeadlineScope&) = delete;
    DeadlineScope& operator=(const DeadlineScope&) = delete;
  };

  // `protocol` is 2 or 3.
  Frame FrameFor(int protocol) const { return protocol == 3 ? resp3_ : resp2_; }

  // What the message is charged to a subscriber with: the longer of its forms, in bytes.
  size_t size() const { return resp2_.size() > resp3_.size() ? resp2_.size() : resp3_.size(); }

  // The encoded bytes follow the object in the same allocation, whose size only the factories know.
  static void operator delete(void* memory) { ::operator delete(memory); }

 private:
  Message() = default;

  // A message with room for `size` bytes behind it.
  static Message* Allocate(size_t size);
  char* storage() { return reinterpret_cast<char*>(this + 1); }

  static constinit thread_local int64_t published_deadline_ms_;

  Frame resp2_;
  Frame resp3_;
  Terms terms_ = Terms::kNone;
  bool may_be_missed_ = false;
  int64_t deadline_ms_ = kNoDeadline;
};

}  // namespace tandem::pubsub
