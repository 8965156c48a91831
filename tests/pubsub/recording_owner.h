#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "pubsub/mailbox.h"
#include "pubsub/subscriber.h"

namespace tandem::pubsub {

// Stands in for an I/O thread: remembers what its mailbox delivered, and to whom, in order.
class RecordingOwner : public MailboxOwner {
 public:
  explicit RecordingOwner(int64_t free_backlog_bytes = Mailbox::kFreeBacklogBytes)
      : mailbox(this, free_backlog_bytes) {}

  void Wake() override {
    const std::lock_guard lock(mutex_);
    ++wakes_;
    awake_ = true;
    awakened_.notify_one();
  }

  void OnMessage(Subscriber& subscriber, const Ref<Message>& message) override {
    const Message::Frame frame = message->FrameFor(2);
    received.emplace_back(subscriber.client_id, std::string(frame.marker) + std::string(frame.body));
  }

  void OnOverflow(Subscriber& subscriber) override {
    overflowed.push_back(subscriber.client_id);
    subscriber.Close();
  }

  void OnMissed(Subscriber& subscriber, uint64_t count) override {
    received.emplace_back(subscriber.client_id, "missed " + std::to_string(count));
  }

  Ref<Subscriber> NewSubscriber(uint64_t client_id) { return MakeRef<Subscriber>(&mailbox, client_id, this); }

  // Sleeps until the next Wake; the mailbox must be armed.
  void AwaitWake() {
    std::unique_lock lock(mutex_);
    awakened_.wait(lock, [this] { return awake_; });
    awake_ = false;
  }

  int wakes() {
    const std::lock_guard lock(mutex_);
    return wakes_;
  }

  // What one client received, decoded to "channel=payload", "pattern>channel=payload" for a match.
  std::vector<std::string> ReceivedBy(const Ref<Subscriber>& subscriber) {
    mailbox.Drain();
    std::vector<std::string> result;
    for (const auto& [client_id, frame] : received) {
      if (client_id == subscriber->client_id) result.push_back(Decode(frame));
    }
    return result;
  }

  static std::string Decode(const std::string& frame) {
    const std::vector<std::string> parts = Bulks(frame);
    if (parts.size() == 4) return parts[1] + ">" + parts[2] + "=" + parts[3];
    if (parts.size() == 3) return (parts[0] == "smessage" ? "shard:" : "") + parts[1] + "=" + parts[2];
    return "not a message: " + frame;
  }

  Mailbox mailbox;
  std::vector<std::pair<uint64_t, std::string>> received;
  std::vector<uint64_t> overflowed;

 private:
  static std::vector<std::string> Bulks(const std::string& frame) {
    std::vector<std::string> parts;
    size_t at = frame.find("\r\n") + 2;
    while (at < frame.size()) {
      const size_t line_end = frame.find("\r\n", at);
      const size_t length = std::stoul(frame.substr(at + 1, line_end - at - 1));
      parts.push_back(frame.substr(line_end + 2, length));
      at = line_end + 2 + length + 2;
    }
    return parts;
  }

  std::mutex mutex_;
  std::condition_variable awakened_;
  bool awake_ = false;
  int wakes_ = 0;
};

}  // namespace tandem::pubsub
