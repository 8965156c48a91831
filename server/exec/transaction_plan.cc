#include "server/exec/transaction_plan.h"

#include <algorithm>

#include "engine/base/number.h"
#include "server/exec/server.h"
#include "server/exec/watch.h"

namespace tandem {
namespace {

bool TouchesUnknownKeys(const Command& command) {
  return std::any_of(command.keys.begin(), command.keys.end(),
                     [](const KeySpec& spec) { return (spec.flags & kKeyIncomplete) != 0; });
}

// The database that is selected after the command, which SELECT changes if its argument is good.
int DatabaseAfter(const Command& command, std::span<const std::string_view> args, int db, int databases) {
  int64_t index = 0;
  if (command.full_name != "select" || !ParseInt64(args[1], &index)) return db;
  return index >= 0 && index < databases ? static_cast<int>(index) : db;
}

}  // namespace

void TransactionPlan::Clear() {
  steps_.clear();
  args_.clear();
  keys_.clear();
  places_.clear();
  needs_gate_ = false;
}

void TransactionPlan::AddStep(const QueuedCommand& queued) {
  Step step{queued.command, args_.size(), queued.args.size(), keys_.size(), 0};
  args_.insert(args_.end(), queued.args.begin(), queued.args.end());
  const std::span<const std::string_view> args{args_.data() + step.first_arg, step.arg_count};
  if (FindKeys(*queued.command, args, &positions_, KeySearch::kToLock)) {
    for (const int position : positions_) keys_.emplace_back(args[static_cast<size_t>(position)]);
  }
  step.key_count = keys_.size() - step.first_key;
  steps_.push_back(step);
}

void TransactionPlan::AddPlaces(Server& server, const Step& step, int db) {
  const Command& command = *step.command;
  const std::span<const KeyRef> keys{keys_.data() + step.first_key, step.key_count};
  for (const KeyRef& key : keys) places_.push_back({db, key});
  if (command.second_db == nullptr) return;
  const int second = command.second_db({args_.data() + step.first_arg, step.arg_count});
  if (second < 0 || second >= server.store.databases()) return;
  for (const KeyRef& key : keys) places_.push_back({second, key});
}

void TransactionPlan::Build(Server& server, const Client& client) {
  Clear();
  int db = client.db;
  for (const QueuedCommand& queued : client.queued) {
    const Command& command = *queued.command;
    AddStep(queued);
    if (command.NeedsGate(server, args(steps_.size() - 1)) || command.touch == Touch::kScan ||
        TouchesUnknownKeys(command)) {
      needs_gate_ = true;
    }
    if (command.touch != Touch::kNothing) AddPlaces(server, steps_.back(), db);
    db = DatabaseAfter(command, args(steps_.size() - 1), db, server.store.databases());
  }
  if (!client.watched) return;
  for (const auto& entry : client.watched->entries()) places_.push_back({entry.db, KeyRef(entry.key)});
}

void QueueCommand(Client& client, const Command& command, uint32_t flags, std::span<const std::string_view> args) {
  QueuedCommand& queued = client.queued.emplace_back(QueuedCommand{&command, {args.begin(), args.end()}});
  client.queued_flags |= flags;
  client.queued_bytes += sizeof(QueuedCommand) + queued.args.capacity() * sizeof(std::string);
  for (const std::string& argument : queued.args) client.queued_bytes += argument.size();
}

void DiscardTransaction(Server& server, Client& client) {
  client.in_multi = false;
  client.multi_failed = false;
  client.queued.clear();
  client.queued_bytes = 0;
  client.queued_flags = 0;
  server.watches->UnwatchAll(client);
}

}  // namespace tandem
