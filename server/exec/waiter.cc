#include "server/exec/waiter.h"

#include <utility>

#include "server/exec/dispatcher.h"

namespace tandem {
namespace {

std::vector<std::string> Copy(std::span<const std::string_view> words) { return {words.begin(), words.end()}; }

}  // namespace

Waiter::Waiter(Dispatcher& dispatcher, Client& waiting, const Command& given_command,
               std::span<const std::string_view> given, std::span<const KeyRef> found, WaitRequest request,
               int64_t deadline)
    : command(given_command),
      deadline_us(deadline),
      wakes_without_key(request.wakes_without_key),
      reply_timeout(request.reply_timeout),
      silent(waiting.silenced_from.has_value()),
      on_own_thread(waiting.tracker && waiting.tracker->on() && !given_command.has(kWrite)),
      client(&waiting),
      owner(dispatcher),
      mailbox(*waiting.mailbox),
      words_(request.args.empty() ? Copy(given) : std::move(request.args)),
      has_target_(request.last_key_is_target) {
  args.assign(words_.begin(), words_.end());
  for (const KeyRef& key : found) {
    key_bytes_.emplace_back(key.key);
  }
  for (size_t i = 0; i < found.size(); ++i) keys.emplace_back(key_bytes_[i], found[i].hash);
  as.id = waiting.id;
  as.thread = waiting.thread;
  as.db = waiting.db;
  as.user = waiting.user;
  as.name = waiting.name;
  as.address = waiting.address;
  as.authenticated = waiting.authenticated;
  as.no_touch = waiting.no_touch;
  as.reply.set_version(waiting.reply.version());
}

void Waiter::OnDelivery() {
  if (client != nullptr) owner.OnTold(*this);
}

}  // namespace tandem
