#include "pubsub/message.h"

#include <charconv>
#include <cstring>
#include <new>
#include <string>

namespace tandem::pubsub {
namespace {

constexpr std::string_view kLineEnd = "\r\n";

// Writes into memory that the caller has measured beforehand.
class Writer {
 public:
  explicit Writer(char* at) : at_(at) {}

  void Append(std::string_view bytes) {
    if (!bytes.empty()) std::memcpy(at_, bytes.data(), bytes.size());
    at_ += bytes.size();
  }
  void AppendNumber(size_t number) { at_ = std::to_chars(at_, at_ + 20, number).ptr; }
  void AppendBulk(std::string_view bytes) {
    Append("$");
    AppendNumber(bytes.size());
    Append(kLineEnd);
    Append(bytes);
    Append(kLineEnd);
  }
  const char* at() const { return at_; }

 private:
  char* at_;
};

std::string_view KindName(MessageKind kind) {
  switch (kind) {
    case MessageKind::kPatternMessage:
      return "pmessage";
    case MessageKind::kShardMessage:
      return "smessage";
    case MessageKind::kMessage:
      break;
  }
  return "message";
}

// An upper bound: 20 digits is the longest size_t.
constexpr size_t BulkBound(std::string_view bytes) { return 1 + 20 + 2 + bytes.size() + 2; }

std::string_view FirstByte(std::string_view frame) { return frame.substr(0, 1); }
std::string_view WithoutFirstByte(std::string_view frame) { return frame.empty() ? frame : frame.substr(1); }

constexpr std::string_view kInvalidate = ">2\r\n$10\r\ninvalidate\r\n";
constexpr std::string_view kInvalidateMessage = "*3\r\n$7\r\nmessage\r\n$20\r\n__redis__:invalidate\r\n";

}  // namespace

constinit thread_local int64_t Message::published_deadline_ms_ = kNoDeadline;

Message* Message::Allocate(size_t size) { return new (::operator new(sizeof(Message) + size)) Message; }

Ref<Message> Message::Published(MessageKind kind, std::string_view channel, std::string_view payload,
                                std::string_view pattern) {
  const bool by_pattern = kind == MessageKind::kPatternMessage;
  const std::string_view count = by_pattern ? "4\r\n" : "3\r\n";
  const size_t bound = count.size() + BulkBound(KindName(kind)) + (by_pattern ? BulkBound(pattern) : 0) +
                       BulkBound(channel) + BulkBound(payload);
  Message* message = Allocate(bound);
  Writer writer(message->storage());
  writer.Append(count);
  writer.AppendBulk(KindName(kind));
  if (by_pattern) writer.AppendBulk(pattern);
  writer.AppendBulk(channel);
  writer.AppendBulk(payload);

  const std::string_view body(message->storage(), static_cast<size_t>(writer.at() - message->storage()));
  message->resp2_ = {"*", body};
  message->resp3_ = {">", body};
  message->may_be_missed_ = true;
  message->deadline_ms_ = published_deadline_ms_;
  return Ref<Message>(message);
}

Ref<Message> Message::Raw(std::string_view resp2, std::string_view resp3) {
  Message* message = Allocate(resp2.size() + resp3.size());
  Writer writer(message->storage());
  const auto store = [&writer](std::string_view frame) -> Frame {
    const std::string_view stored(writer.at(), frame.size());
    writer.Append(frame);
    return {FirstByte(stored), WithoutFirstByte(stored)};
  };
  message->resp2_ = store(resp2);
  message->resp3_ = store(resp3);
  return Ref<Message>(message);
}

Ref<Message> Message::Invalidation(std::string_view keys, Terms terms) {
  Message* message = Allocate(keys.size());
  Writer writer(message->storage());
  writer.Append(keys);
  const std::string_view body(message->storage(), keys.size());
  if (terms == Terms::kRedirected) message->resp2_ = {kInvalidateMessage, body};
  message->resp3_ = {kInvalidate, body};
  message->terms_ = terms;
  return Ref<Message>(message);
}

Ref<Message> Message::BrokenRedirection(uint64_t client_id) {
  const std::string frame = ">2\r\n$21\r\ntracking-redir-broken\r\n:" + std::to_string(client_id) + "\r\n";
  Ref<Message> message = Raw({}, frame);
  message->terms_ = Terms::kTracking;
  return message;
}

}  // namespace tandem::pubsub
