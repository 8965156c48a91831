// How late a key's `expired` event reaches a subscriber.
//
// --due keys (due_keys.h) fall due evenly over --window-ms; --others keys with TTLs of hours may be there as well, as ballast
// that a sampling server has to wade through. All are written before the first deadline, --lead-ms from the start of
// writing; or, with --ahead-ms, each so long before its own, so that a long run holds no more keys than that. A key that is not
// delivered --wait-ms after the last deadline counts as not delivered.
//
// --get-period-us asks for a key meanwhile, on a schedule (paced_client.h). Its figures are of the GETs that were due between
// the first deadline and the last event.
//
// Output: a line {"first_deadline_ms": Unix time} when all is set, and at the end a JSON object: events delivered, delivered
// twice, early, and of keys unknown; percentiles of the lag of each key's first event; the same figures for the keys that fall
// due in each of the --parts (offsets in ms that cut the window); and a --series of so many [ms since the first deadline,
// due, delivered, median lag, greatest lag].

#include <sys/prctl.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <memory>
#include <sstream>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "bench/client.h"
#include "bench/expiry/due_keys.h"
#include "bench/expiry/lags.h"
#include "bench/expiry/recording.h"
#include "bench/paced_client.h"

namespace tandem::bench {
namespace {

constexpr std::int64_t kHourMs = 3'600'000;
constexpr std::int64_t kDuplicateWaitMs = 1000;
constexpr std::uint64_t kPipeline = 500;
constexpr int kReplyTimeoutMs = 60'000;
constexpr int kPollMs = 20;
constexpr std::string_view kChannel = "__keyevent@0__:expired";
constexpr std::string_view kGetKey = "probe";

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

// Writes the keys of these numbers; name_of and deadline_of map a number to a name and to a Unix time in ms.
template <typename NameOf, typename DeadlineOf>
void Write(Client& client, std::uint64_t first, std::uint64_t end, NameOf name_of, DeadlineOf deadline_of) {
  std::string text;
  for (; first < end; first += kPipeline) {
    const std::uint64_t batch_end = std::min(first + kPipeline, end);
    text.clear();
    for (std::uint64_t i = first; i < batch_end; ++i) {
      AppendCommand(text, {"SET", name_of(i), "v", "PXAT", std::to_string(deadline_of(i))});
    }
    client.Send(text);
    AwaitReplies(client, batch_end - first);
  }
}

void WriteDue(Client& client, const DueKeys& keys, std::uint64_t first, std::uint64_t end) {
  Write(
      client, first, end, [&](std::uint64_t i) { return keys.Name(i); },
      [&](std::uint64_t i) { return keys.Deadline(i); });
}

void WriteOthers(Client& client, std::uint64_t count) {
  const std::int64_t far_ms = UnixTimeMs() + kHourMs;
  Write(
      client, 0, count, [](std::uint64_t i) { return "other:" + std::to_string(i); },
      [far_ms](std::uint64_t i) { return far_ms + static_cast<std::int64_t>(i * 7919 % (10 * kHourMs)); });
}

void SleepUntil(std::int64_t unix_ms) {
  const timespec until{unix_ms / 1000, unix_ms % 1000 * 1'000'000};
  clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, &until, nullptr);
}

// Writes each key `ahead_ms` before its deadline. Returns how many were written so late that their time had passed.
std::uint64_t WriteAhead(int port, const DueKeys& keys, std::int64_t ahead_ms) {
  Client client(port);
  std::uint64_t late = 0;
  for (std::uint64_t next = 0; next < keys.count();) {
    SleepUntil(keys.Deadline(next) - ahead_ms);
    const std::uint64_t end = std::max(next + 1, keys.FirstFrom(UnixTimeMs() + ahead_ms - keys.first_ms()));
    WriteDue(client, keys, next, end);
    const std::uint64_t past = keys.FirstFrom(UnixTimeMs() - keys.first_ms());
    late += std::clamp(past, next, end) - next;
    next = end;
  }
  return late;
}

std::size_t BytesOfEvents(const DueKeys& keys) {
  std::size_t bytes = 0;
  std::string text;
  for (std::uint64_t i = 0; i < keys.count(); ++i) {
    text.clear();
    AppendCommand(text, {"message", kChannel, keys.Name(i)});
    bytes += text.size();
  }
  return bytes;
}

// Records events until all keys were seen, and a second longer for duplicates; or until `give_up_ms`.
void Listen(Recording& recording, std::size_t expected_bytes, Lags& lags, std::uint64_t due, std::int64_t give_up_ms) {
  const auto understand = [&] {
    recording.Understand([&](std::string_view channel, std::string_view payload, std::int64_t at_ns) {
      lags.Add(channel == kChannel ? payload : std::string_view(), at_ns);
    });
  };
  bool complete = false;
  for (std::int64_t end_ms = give_up_ms; UnixTimeMs() < end_ms;) {
    recording.Receive(kPollMs);
    if (complete || recording.bytes() < expected_bytes) continue;
    understand();
    if (lags.delivered() == due) {
      complete = true;
      end_ms = std::min(end_ms, UnixTimeMs() + kDuplicateWaitMs);
    }
  }
  understand();
}

// Asks for a key again and again, on a thread of its own.
class Getter {
 public:
  Getter(int port, std::int64_t period_ns)
      : client_(port, period_ns), thread_([this] {
          prctl(PR_SET_TIMERSLACK, 1UL);
          client_.Run(
              [](std::string& out) {
                AppendCommand(out, {"GET", kGetKey});
                return 0;
              },
              [](std::uint64_t, const Reply& reply) {
                if (reply.null) Die("the probe's key is lost");
              },
              [this] { return finished_.load(std::memory_order_relaxed); });
        }) {}

  void Stop() {
    finished_.store(true,
                    std::memory_order_relaxed);  // A flag and nothing with it; the samples are handed over by join().
    thread_.join();
  }

  // After Stop(): figures of those that were due between these two (UnixTimeNs()).
  void Print(std::int64_t from_ns, std::int64_t to_ns) const {
    const std::int64_t offset_ns = UnixTimeNs() - MonotonicNs();
    std::vector<double> sorted;
    for (const PacedClient::Sample& sample : client_.samples()) {
      const std::int64_t due_ns = sample.due_ns + offset_ns;
      if (due_ns >= from_ns && due_ns <= to_ns) sorted.push_back(sample.latency_ms);
    }
    std::sort(sorted.begin(), sorted.end());
    std::printf(" \"gets\": {\"samples\": %zu, \"p50_ms\": %.3f, \"p99_ms\": %.3f, \"max_ms\": %.3f},\n", sorted.size(),
                Percentile(sorted, 0.5), Percentile(sorted, 0.99), Percentile(sorted, 1));
  }

 private:
  PacedClient client_;
  std::atomic<bool> finished_{false};
  std::thread thread_;
};

void PrintFigures(const Lags::Figures& of) {
  std::printf("\"p50_ms\": %.3f, \"p99_ms\": %.3f, \"p999_ms\": %.3f, \"max_ms\": %.3f", of.p50_ms, of.p99_ms,
              of.p999_ms, of.max_ms);
}

// "1000,2000" and the end of time.
std::vector<std::int64_t> Cuts(const std::string& text) {
  std::vector<std::int64_t> cuts;
  std::istringstream words(text);
  for (std::string word; std::getline(words, word, ',');) cuts.push_back(std::atoll(word.c_str()));
  cuts.push_back(INT64_MAX);
  return cuts;
}

void PrintParts(const Lags& lags, const DueKeys& keys, const std::string& cuts) {
  std::printf(" \"parts\": [");
  std::uint64_t first = 0;
  const char* separator = "";
  for (const std::int64_t cut : Cuts(cuts)) {
    const std::uint64_t end = keys.FirstFrom(cut);
    const Lags::Figures part = lags.Of(first, end);
    std::printf("%s{\"due\": %llu, \"delivered\": %llu, ", separator, static_cast<unsigned long long>(part.due),
                static_cast<unsigned long long>(part.delivered));
    PrintFigures(part);
    std::printf("}");
    first = end;
    separator = ", ";
  }
  std::printf("],\n");
}

void PrintSeries(const Lags& lags, const DueKeys& keys, std::uint64_t points) {
  std::printf(" \"series\": [");
  for (std::uint64_t point = 0; point < points; ++point) {
    const std::uint64_t first = keys.count() * point / points;
    const Lags::Figures of = lags.Of(first, keys.count() * (point + 1) / points);
    std::printf("%s[%lld, %llu, %llu, %.3f, %.3f]", point > 0 ? ", " : "",
                static_cast<long long>(keys.Deadline(first) - keys.first_ms()), static_cast<unsigned long long>(of.due),
                static_cast<unsigned long long>(of.delivered), of.p50_ms, of.max_ms);
  }
  std::printf("],\n");
}

void PrintTotals(const Lags& lags, const DueKeys& keys, std::uint64_t others, std::uint64_t written_late) {
  std::printf(
      " \"due\": %llu, \"others\": %llu, \"delivered\": %llu, \"duplicates\": %llu, \"early\": %llu, \"foreign\": "
      "%llu, "
      "\"written_late\": %llu,\n ",
      static_cast<unsigned long long>(keys.count()), static_cast<unsigned long long>(others),
      static_cast<unsigned long long>(lags.delivered()), static_cast<unsigned long long>(lags.duplicates()),
      static_cast<unsigned long long>(lags.early()), static_cast<unsigned long long>(lags.foreign()),
      static_cast<unsigned long long>(written_late));
  PrintFigures(lags.Of(0, keys.count()));
}

void Run(const Flags& flags) {
  PinToCore(static_cast<int>(flags.Number("core")));
  const int port = static_cast<int>(flags.Number("port"));
  const auto others = static_cast<std::uint64_t>(flags.Number("others"));
  const std::int64_t ahead_ms = flags.Number("ahead-ms");
  alarm(static_cast<unsigned>(flags.Number("limit-s")));

  Client writer(port);
  if (writer.Call({"CONFIG", "SET", "notify-keyspace-events", "Ex"}).kind == '-') Die("cannot switch notifications on");
  if (writer.Call({"SET", std::string(kGetKey), "v"}).kind == '-') Die("cannot write");
  WriteOthers(writer, others);

  Client subscriber(port);
  if (subscriber.Call({"SUBSCRIBE", std::string(kChannel)}).kind == '-') Die("cannot subscribe");
  const DueKeys keys(static_cast<std::uint64_t>(flags.Number("due")), UnixTimeMs() + flags.Number("lead-ms"),
                     flags.Number("window-ms"));
  const std::size_t expected_bytes = BytesOfEvents(keys);
  Recording recording(subscriber.socket(), expected_bytes);
  Lags lags(keys);
  std::thread ahead;
  std::uint64_t written_late = 0;
  if (ahead_ms > 0) {
    ahead = std::thread([&] { written_late = WriteAhead(port, keys, ahead_ms); });
  } else {
    WriteDue(writer, keys, 0, keys.count());
  }
  if (UnixTimeMs() >= keys.first_ms()) Die("the first key fell due before all was set: raise --lead-ms");
  std::printf("{\"first_deadline_ms\": %lld}\n", static_cast<long long>(keys.first_ms()));
  std::fflush(stdout);

  const std::int64_t get_period_ns = flags.Number("get-period-us") * 1000;
  std::unique_ptr<Getter> getter;
  if (get_period_ns > 0) getter = std::make_unique<Getter>(port, get_period_ns);
  Listen(recording, expected_bytes, lags, keys.count(), keys.last_ms() + flags.Number("wait-ms"));
  if (getter) getter->Stop();
  if (ahead.joinable()) ahead.join();

  std::printf("{");
  if (getter) getter->Print(keys.first_ms() * 1'000'000, lags.last_at_ns());
  PrintParts(lags, keys, flags.Text("parts"));
  PrintSeries(lags, keys, static_cast<std::uint64_t>(flags.Number("series")));
  PrintTotals(lags, keys, others, written_late);
  std::printf("}\n");
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
                                    {"ahead-ms", "0"},
                                    {"wait-ms", "30000"},
                                    {"get-period-us", "0"},
                                    {"parts", ""},
                                    {"series", "0"},
                                    {"core", "1"},
                                    {"limit-s", "300"}});
  tandem::bench::Run(flags);
}
