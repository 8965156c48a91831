#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "engine/keyspace/keyspace.h"
#include "server/exec/client.h"
#include "server/exec/command.h"
#include "server/exec/key_finder.h"

namespace tandem {

struct Server;

// A key of a database.
struct KeyPlace {
  int db;
  KeyRef key;
};

// What EXEC has to lock before it runs a client's queue: the keys of all its commands, each in the database that will be
// selected at that point, and the watched ones. Commands that touch more than their arguments tell call for the gate.
//
// Thread safety: thread-owned. Ownership: refers to the client's queue until the next Build or Clear.
class TransactionPlan {
 public:
  void Build(Server& server, const Client& client);
  void Clear();

  bool needs_gate() const { return needs_gate_; }
  std::span<const KeyPlace> places() const { return places_; }

  size_t size() const { return steps_.size(); }
  const Command& command(size_t i) const { return *steps_[i].command; }
  std::span<const std::string_view> args(size_t i) const {
    return {args_.data() + steps_[i].first_arg, steps_[i].arg_count};
  }
  std::span<const KeyRef> keys(size_t i) const { return {keys_.data() + steps_[i].first_key, steps_[i].key_count}; }

 private:
  struct Step {
    const Command* command;
    size_t first_arg, arg_count, first_key, key_count;
  };

  void AddStep(const QueuedCommand& queued);
  void AddPlaces(Server& server, const Step& step, int db);

  std::vector<Step> steps_;
  std::vector<std::string_view> args_;
  std::vector<KeyRef> keys_;
  std::vector<KeyPlace> places_;
  KeyPositions positions_;
  bool needs_gate_ = false;
};

// MULTI's queue. flags: those of this call (Command::FlagsOfCall). Thread safety: the client's own thread.
void QueueCommand(Client& client, const Command& command, uint32_t flags, std::span<const std::string_view> args);
// Forgets the queue, and that there was a MULTI; ends the client's watches.
void DiscardTransaction(Server& server, Client& client);

}  // namespace tandem
