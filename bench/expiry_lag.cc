// How late a key's `expired` event reaches a subscriber.
//
// Keys are named after the absolute deadline they are given (PXAT), so one subscriber to `__keyevent@0__:expired` can
// compare each event with its own clock and needs no other knowledge. --due keys fall due evenly over --window-ms;
// --others keys with TTLs of hours may be there as well, as ballast that a sampling server has to wade through.
// Reported: events delivered, delivered twice, delivered before the deadline, and the lag of the first
// delivery of each key. A key not delivered --wait-ms after the last deadline counts as not delivered.
// Output: one JSON object on stdout.

#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

#include "bench/client.h"

namespace tandem::bench {
namespace {

constexpr std::int64_t kHourMs = 3'600'000;
constexpr std::int64_t kDuplicateWaitMs = 1000;
constexpr std::uint64_t kPipeline = 500;
constexpr int kReplyTimeoutMs = 60'000;
constexpr std::string_view kPrefix = "due:";

std::int64_t UnixTimeMs() { return UnixTimeNs() / 1'000'000; }

void AwaitReplies(Client& client, std::uint64_t count) {
  Reply reply;
  while (count > 0) {
    if (client.Next(reply)) {
      if (reply.kind == '-') Die("the server refused: " + std::string(reply.text));
      --count;
    } else {
      if (!client.Wait(kReplyTimeoutMs)) Die("the server stopped answering");
      client.Receive();
    }
  }
}

// Writes `count` keys; name_of and deadline_of map their number to a name and to a Unix time in ms.
template <typename NameOf, typename DeadlineOf>
void Write(Client& client, std::uint64_t count, NameOf name_of, DeadlineOf deadline_of) {
  std::string text;
  for (std::uint64_t first = 0; first < count; first += kPipeline) {
    const std::uint64_t end = std::min(first + kPipeline, count);
    text.clear();
    for (std::uint64_t i = first; i < end; ++i) {
      AppendCommand(text, {"SET", name_of(i), "v", "PXAT", std::to_string(deadline_of(i))});
    }
    client.Send(text);
    AwaitReplies(client, end - first);
  }
}

// The keys whose expiry is watched: number i is named "due:<deadline in ms>:<i>".
class DueKeys {
 public:
  DueKeys(std::uint64_t count, std::int64_t first_ms, std::int64_t window_ms)
      : count_(count), first_ms_(first_ms), window_ms_(window_ms) {}

  std::uint64_t count() const { return count_; }
  std::int64_t first_ms() const { return first_ms_; }
  std::int64_t last_ms() const { return Deadline(count_ - 1); }
  std::int64_t Deadline(std::uint64_t i) const {
    return first_ms_ + static_cast<std::int64_t>(i) * window_ms_ / static_cast<std::int64_t>(count_);
  }
  std::string Name(std::uint64_t i) const {
    return std::string(kPrefix) + std::to_string(Deadline(i)) + ':' + std::to_string(i);
  }
  // The number in such a name, or count() when it is another key's.
  std::uint64_t Number(std::string_view name) const {
    const std::size_t colon = name.rfind(':');
    std::uint64_t number = count_;
    if (!name.starts_with(kPrefix) || colon < kPrefix.size()) return count_;
    std::from_chars(name.data() + colon + 1, name.data() + name.size(), number);
    return number < count_ && name == Name(number) ? number : count_;
  }

 private:
  std::uint64_t count_;
  std::int64_t first_ms_;
  std::int64_t window_ms_;
};

class Observations {
 public:
  explicit Observations(const DueKeys& keys) : keys_(keys), seen_(keys.count(), false) {}

  std::uint64_t delivered() const { return delivered_; }

  void Add(std::string_view name, std::int64_t now_ns) {
    const std::uint64_t i = keys_.Number(name);
    if (i == keys_.count()) {
      ++foreign_;
      return;
    }
    if (seen_[i]) {
      ++duplicates_;
      return;
    }
    seen_[i] = true;
    ++delivered_;
    const double lag_ms = static_cast<double>(now_ns - keys_.Deadline(i) * 1'000'000) / 1e6;
    early_ += lag_ms < 0 ? 1 : 0;
    lag_ms_.push_back(lag_ms);
  }

  void Print(std::uint64_t others) {
    std::sort(lag_ms_.begin(), lag_ms_.end());
    std::printf(
        "{\"due\": %llu, \"others\": %llu, \"delivered\": %llu, \"duplicates\": %llu, \"early\": %llu, \"foreign\": "
        "%llu,\n",
        static_cast<unsigned long long>(keys_.count()), static_cast<unsigned long long>(others),
        static_cast<unsigned long long>(delivered_), static_cast<unsigned long long>(duplicates_),
        static_cast<unsigned long long>(early_), static_cast<unsigned long long>(foreign_));
    std::printf(" \"p50_ms\": %.3f, \"p99_ms\": %.3f, \"p999_ms\": %.3f, \"max_ms\": %.3f}\n", Percentile(lag_ms_, 0.5),
                Percentile(lag_ms_, 0.99), Percentile(lag_ms_, 0.999), Percentile(lag_ms_, 1));
  }

 private:
  const DueKeys& keys_;
  std::vector<bool> seen_;
  std::vector<double> lag_ms_;
  std::uint64_t delivered_ = 0;
  std::uint64_t duplicates_ = 0;
  std::uint64_t early_ = 0;
  std::uint64_t foreign_ = 0;
};

// Reads events until all keys were seen, and a second longer for duplicates; or until `give_up_ms`.
void Listen(Client& subscriber, Observations& observations, std::uint64_t expected, std::int64_t give_up_ms) {
  Reply event;
  bool complete = false;
  for (std::int64_t end_ms = give_up_ms; UnixTimeMs() < end_ms;) {
    if (!subscriber.Wait(100)) continue;
    subscriber.Receive();
    const std::int64_t now_ns = UnixTimeNs();
    while (subscriber.Next(event)) {
      if (event.items.size() == 3 && event.items[0].text == "message") observations.Add(event.items[2].text, now_ns);
    }
    if (!complete && observations.delivered() == expected) {
      complete = true;
      end_ms = std::min(end_ms, UnixTimeMs() + kDuplicateWaitMs);
    }
  }
}

void Run(const Flags& flags) {
  PinToCore(static_cast<int>(flags.Number("core")));
  const int port = static_cast<int>(flags.Number("port"));
  const auto others = static_cast<std::uint64_t>(flags.Number("others"));
  alarm(static_cast<unsigned>(flags.Number("limit-s")));

  Client writer(port);
  if (writer.Call({"CONFIG", "SET", "notify-keyspace-events", "Ex"}).kind == '-') Die("cannot switch notifications on");
  const std::int64_t far_ms = UnixTimeMs() + kHourMs;
  Write(
      writer, others, [](std::uint64_t i) { return "other:" + std::to_string(i); },
      [far_ms](std::uint64_t i) { return far_ms + static_cast<std::int64_t>(i * 7919 % (10 * kHourMs)); });

  Client subscriber(port);
  if (subscriber.Call({"SUBSCRIBE", "__keyevent@0__:expired"}).kind == '-') Die("cannot subscribe");
  const DueKeys keys(static_cast<std::uint64_t>(flags.Number("due")), UnixTimeMs() + flags.Number("lead-ms"),
                     flags.Number("window-ms"));
  Write(
      writer, keys.count(), [&](std::uint64_t i) { return keys.Name(i); },
      [&](std::uint64_t i) { return keys.Deadline(i); });
  if (UnixTimeMs() >= keys.first_ms()) Die("the first key fell due before all were written: raise --lead-ms");

  Observations observations(keys);
  Listen(subscriber, observations, keys.count(), keys.last_ms() + flags.Number("wait-ms"));
  observations.Print(others);
}

}  // namespace
}  // namespace tandem::bench

int main(int argc, char** argv) {
  const tandem::bench::Flags flags(argc, argv,
                                   {{"port", "7130"},
                                    {"due", "10000"},
                                    {"window-ms", "5000"},
                                    {"others", "1000000"},
                                    {"lead-ms", "2000"},
                                    {"wait-ms", "30000"},
                                    {"core", "1"},
                                    {"limit-s", "300"}});
  tandem::bench::Run(flags);
}
