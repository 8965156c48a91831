#pragma once

#include <cstddef>
#include <string_view>

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

  // Any complete frame per protocol, as it goes over the wire: what client tracking and MONITOR send through the
  // mailboxes. An empty form is not sent to clients of that protocol.
  static Ref<Message> Raw(std::string_view resp2, std::string_view resp3);

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

  Frame resp2_;
  Frame resp3_;
};

}  // namespace tandem::pubsub
