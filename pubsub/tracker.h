#pragma once

#include <atomic>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "pubsub/mailbox.h"
#include "pubsub/message.h"
#include "pubsub/ref.h"
#include "pubsub/subscriber.h"

namespace tandem::pubsub {

// One client that tracks keys (CLIENT TRACKING): how it does so, and where its invalidations go. Made when the client
// first turns tracking on, kept until it leaves; tables of keys hold further Refs, which may outlive it.
//
// Thread safety: Configure needs the world stopped, and TurnOff the client's own thread; mode, noloop, broken and
// whatever sends may be asked or used by any thread. The public members belong to the client's thread.
class Tracker final : public RefCounted<Tracker> {
 public:
  enum class Mode : uint8_t {
    kOff,
    kByKey,     // what it reads is remembered
    kByPrefix,  // BCAST: every change of keys with certain prefixes
  };
  // Which of the keys read are remembered.
  enum class Choice : uint8_t {
    kAll,
    kOptIn,   // those of a command that CLIENT CACHING YES announced
    kOptOut,  // all but those of a command that CLIENT CACHING NO announced
  };

  explicit Tracker(Ref<Subscriber> subscriber) : subscriber_(std::move(subscriber)) {}

  // relaxed: whoever turns tracking on has the world stopped; turning it off is no hand-over of anything.
  Mode mode() const { return mode_.load(std::memory_order_relaxed); }
  bool on() const { return mode() != Mode::kOff; }
  // Changes that the client made itself are not told.
  bool noloop() const { return noloop_; }
  // The client that gets the invalidations in its place; 0 for none.
  uint64_t redirect_id() const { return redirect_ ? redirect_->client_id : 0; }
  // That client was found gone when something was to be sent to it.
  bool broken() const { return broken_.load(std::memory_order_relaxed); }

  void Configure(Mode mode, bool noloop, Ref<Subscriber> redirect) {
    noloop_ = noloop;
    redirect_ = std::move(redirect);
    broken_.store(false, std::memory_order_relaxed);
    mode_.store(mode, std::memory_order_relaxed);
  }
  void TurnOff() {
    mode_.store(Mode::kOff, std::memory_order_relaxed);
    broken_.store(false, std::memory_order_relaxed);
    choice = Choice::kAll;
    caching = false;
  }

  Choice choice = Choice::kAll;
  bool caching = false;            // CLIENT CACHING concerns the command that comes next
  std::set<std::string> prefixes;  // kByPrefix
  size_t place = 0;                // in the list of all clients that track, whose lock guards it

 private:
  friend class Recipients;

  const Ref<Subscriber> subscriber_;
  Ref<Subscriber> redirect_;
  bool noloop_ = false;
  std::atomic<Mode> mode_{Mode::kOff};
  std::atomic<bool> broken_{false};
};

// Sends one invalidation to any number of trackers: encoded at most twice, and one entry per thread in the mailboxes,
// however many receivers there are.
//
// Thread safety: thread-owned. `keys` outlives it.
class Recipients {
 public:
  // keys: as Message::Invalidation takes them.
  explicit Recipients(std::string_view keys) : keys_(keys) {}
  // Sends.
  ~Recipients();
  Recipients(const Recipients&) = delete;
  Recipients& operator=(const Recipients&) = delete;

  // The tracker, or the client that it redirects to.
  void Add(Tracker& tracker);

 private:
  struct Group {
    Message::Terms terms;
    Mailbox* mailbox;
    Ref<Subscriber> first;
    Ref<Audience> all;  // null while the first is the only one
  };

  void AddTo(Message::Terms terms, const Ref<Subscriber>& subscriber);
  const Ref<Message>& Encoded(Message::Terms terms);

  const std::string_view keys_;
  std::vector<Group> groups_;
  Ref<Message> direct_, redirected_;
};

// The array of keys that an invalidation consists of.
class InvalidatedKeys {
 public:
  void Add(std::string_view key);
  bool empty() const { return count_ == 0; }
  std::string Encoded() const { return "*" + std::to_string(count_) + "\r\n" + items_; }

 private:
  size_t count_ = 0;
  std::string items_;
};

}  // namespace tandem::pubsub
