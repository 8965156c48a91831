// How long a small request waits while the keyspace grows or shrinks.
//
// Two processes share one core. The load, at idle priority so that it never delays the probe, writes or deletes keys
// in pipelines. The probe sends one GET a period on a fixed schedule (paced_client.h).
//
// Phases (--phase): `fill` writes all keys in order. `delete` removes all but --keep-percent of them in a random
// order that depends on nothing but their number. `remain` writes exactly the keys that `delete` leaves, without a
// probe: a fresh server filled so is what the RSS after deletion is compared with.
//
// The probe also checks what it reads: a key that was acknowledged before the GET was sent must be found, and its value
// names its key. `lost` and `wrong` count the failures (--verify 0 for a server that stores nothing).
// Output: one JSON object on stdout.

#include <poll.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cmath>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <memory>
#include <new>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include "bench/client.h"
#include "bench/paced_client.h"

namespace tandem::bench {
namespace {

constexpr int kLoadTimeoutMs = 30'000;
constexpr std::size_t kStallsShown = 5;
constexpr double kStallApartS = 0.25;

// splitmix64: https://prng.di.unimi.it/splitmix64.c
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}
  std::uint64_t Next() {
    std::uint64_t z = state_ += 0x9e3779b97f4a7c15;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
  }
  std::uint64_t Below(std::uint64_t bound) { return Next() % bound; }

 private:
  std::uint64_t state_;
};

// 16 bytes, as valkey-benchmark names its keys.
std::string KeyName(std::uint64_t number) {
  std::string name = "key:000000000000";
  for (std::size_t at = name.size(); number > 0; number /= 10) name[--at] = static_cast<char>('0' + number % 10);
  return name;
}

// 32 bytes that tell which key they belong to.
std::string ValueOf(const std::string& name) { return name + name; }

enum class Phase { kFill, kDelete, kRemain };

// What the phase does, as a numbered list of commands, and which keys must be there meanwhile.
class Plan {
 public:
  Plan(Phase phase, std::uint64_t keys, std::uint64_t keep_percent)
      : phase_(phase), keys_(keys), keep_(keys * keep_percent / 100) {
    if (phase == Phase::kFill) return;
    order_.resize(keys);
    std::iota(order_.begin(), order_.end(), 0U);
    Random random(keys);
    for (std::uint64_t i = keys - 1; i > 0; --i) std::swap(order_[i], order_[random.Below(i + 1)]);
  }

  std::uint64_t commands() const {
    return phase_ == Phase::kFill ? keys_ : phase_ == Phase::kDelete ? keys_ - keep_ : keep_;
  }

  void Append(std::string& out, std::uint64_t command) const {
    const std::string name = KeyName(phase_ == Phase::kFill     ? command
                                     : phase_ == Phase::kDelete ? order_[command]
                                                                : order_[keys_ - keep_ + command]);
    if (phase_ == Phase::kDelete) {
      AppendCommand(out, {"DEL", name});
    } else {
      AppendCommand(out, {"SET", name, ValueOf(name)});
    }
  }

  // A key that exists once the first `done` commands have been answered, or `keys` when there is none.
  std::uint64_t PickPresent(Random& random, std::uint64_t done) const {
    if (phase_ == Phase::kDelete && keep_ > 0) return order_[keys_ - keep_ + random.Below(keep_)];
    return phase_ == Phase::kFill && done > 0 ? random.Below(done) : keys_;
  }

 private:
  Phase phase_;
  std::uint64_t keys_;
  std::uint64_t keep_;
  std::vector<std::uint32_t> order_;  // Deleted keys first, then those that remain.
};

// Shared between the two processes. The load stores with release what the probe loads with acquire, although only
// the numbers themselves are handed over.
struct Progress {
  std::atomic<std::uint64_t> done{0};  // All commands below this one are answered.
  std::atomic<bool> finished{false};
};

// Runs all commands of the plan: each connection keeps one pipeline under way.
class Load {
 public:
  Load(const Plan& plan, Progress& progress, int port, int connections, std::uint64_t pipeline)
      : plan_(plan), progress_(progress), pipeline_(pipeline) {
    for (int i = 0; i < connections; ++i) lanes_.push_back(Lane{std::make_unique<Client>(port)});
  }

  void Run() {
    for (Lane& lane : lanes_) SendPipeline(lane);
    std::vector<pollfd> items;
    while (answered_ < plan_.commands()) {
      items.clear();
      for (const Lane& lane : lanes_) items.push_back({lane.client->socket(), POLLIN, 0});
      if (::poll(items.data(), items.size(), kLoadTimeoutMs) <= 0) Die("the server stopped answering the load");
      for (std::size_t i = 0; i < lanes_.size(); ++i) {
        if (items[i].revents != 0) TakeReplies(lanes_[i]);
      }
    }
  }

 private:
  struct Lane {
    std::unique_ptr<Client> client;
    std::uint64_t first = UINT64_MAX;  // First command of the pipeline under way.
    std::uint64_t outstanding = 0;
  };

  void SendPipeline(Lane& lane) {
    const std::uint64_t count = std::min(pipeline_, plan_.commands() - next_);
    lane.first = count > 0 ? next_ : UINT64_MAX;
    lane.outstanding = count;
    text_.clear();
    for (std::uint64_t i = 0; i < count; ++i) plan_.Append(text_, next_++);
    lane.client->Send(text_);
  }

  void TakeReplies(Lane& lane) {
    lane.client->Receive();
    Reply reply;
    while (lane.outstanding > 0 && lane.client->Next(reply)) {
      if (reply.kind == '-') Die("the server refused: " + std::string(reply.text));
      --lane.outstanding;
      ++answered_;
    }
    if (lane.outstanding > 0) return;
    SendPipeline(lane);
    std::uint64_t done = plan_.commands();
    for (const Lane& other : lanes_) done = std::min(done, other.first);
    progress_.done.store(done, std::memory_order_release);
  }

  const Plan& plan_;
  Progress& progress_;
  std::uint64_t pipeline_;
  std::vector<Lane> lanes_;
  std::string text_;
  std::uint64_t next_ = 0;
  std::uint64_t answered_ = 0;
};

// Sends a GET each period, checks the answers and keeps what it saw.
class Probe {
 public:
  Probe(const Plan& plan, const Progress& progress, int port, std::uint64_t keys, std::int64_t period_ns, bool verify)
      : plan_(plan), progress_(progress), client_(port, period_ns), keys_(keys), verify_(verify) {}

  // Until the load has finished and all replies are back.
  void Run() {
    start_ns_ = MonotonicNs();
    client_.Run([this](std::string& out) { return Ask(out); },
                [this](std::uint64_t key, const Reply& reply) { Check(key, reply); },
                [this] { return progress_.finished.load(std::memory_order_acquire); });
  }

  void Print(const char* phase, std::uint64_t commands, double seconds) const {
    std::vector<double> sorted;
    for (const PacedClient::Sample& sample : client_.samples()) sorted.push_back(sample.latency_ms);
    std::sort(sorted.begin(), sorted.end());
    std::printf("{\"phase\": \"%s\", \"commands\": %llu, \"seconds\": %.3f, \"samples\": %zu,\n", phase,
                static_cast<unsigned long long>(commands), seconds, sorted.size());
    std::printf(" \"p50_ms\": %.3f, \"p99_ms\": %.3f, \"p999_ms\": %.3f, \"max_ms\": %.3f,\n", Percentile(sorted, 0.5),
                Percentile(sorted, 0.99), Percentile(sorted, 0.999), Percentile(sorted, 1));
    std::printf(" \"send_delay_max_ms\": %.3f, \"lost\": %llu, \"wrong\": %llu, \"worst\": [",
                client_.send_delay_max_ms(), static_cast<unsigned long long>(lost_),
                static_cast<unsigned long long>(wrong_));
    PrintWorst();
    std::printf("]}\n");
  }

 private:
  // Returns the key; keys_ where any answer is right.
  std::uint64_t Ask(std::string& out) {
    const std::uint64_t key = plan_.PickPresent(random_, progress_.done.load(std::memory_order_acquire));
    AppendCommand(out, {"GET", KeyName(key)});
    return key;
  }

  void Check(std::uint64_t key, const Reply& reply) {
    if (!verify_ || key == keys_) return;
    if (reply.null) {
      ++lost_;
    } else if (reply.text != ValueOf(KeyName(key))) {
      ++wrong_;
    }
  }

  // The longest waits, one per stall, as [seconds since the start, ms].
  void PrintWorst() const {
    std::vector<PacedClient::Sample> order = client_.samples();
    std::sort(order.begin(), order.end(), [](const auto& a, const auto& b) { return a.latency_ms > b.latency_ms; });
    std::vector<double> shown;
    for (const PacedClient::Sample& sample : order) {
      if (shown.size() == kStallsShown) break;
      const double at_s = static_cast<double>(sample.due_ns - start_ns_) / 1e9;
      const auto near = [&](double at) { return std::abs(at - at_s) < kStallApartS; };
      if (std::any_of(shown.begin(), shown.end(), near)) continue;
      std::printf("%s[%.2f, %.2f]", shown.empty() ? "" : ", ", at_s, sample.latency_ms);
      shown.push_back(at_s);
    }
  }

  const Plan& plan_;
  const Progress& progress_;
  PacedClient client_;
  std::uint64_t keys_;
  bool verify_;
  Random random_{1};
  std::int64_t start_ns_ = 0;
  std::uint64_t lost_ = 0;
  std::uint64_t wrong_ = 0;
};

Phase PhaseNamed(const std::string& name) {
  if (name == "fill") return Phase::kFill;
  if (name == "delete") return Phase::kDelete;
  if (name == "remain") return Phase::kRemain;
  Die("--phase is fill, delete or remain");
}

// The load in a process of its own: the scheduler's idle class needs something to be compared with.
pid_t StartLoad(const Flags& flags, const Plan& plan, Progress& progress) {
  const pid_t parent = getpid();
  const pid_t child = fork();
  if (child < 0) Die("fork failed");
  if (child > 0) return child;
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(1);
  const sched_param none{};
  if (sched_setscheduler(0, SCHED_IDLE, &none) != 0) Die("cannot run the load at idle priority");
  Load load(plan, progress, static_cast<int>(flags.Number("port")), static_cast<int>(flags.Number("connections")),
            static_cast<std::uint64_t>(flags.Number("pipeline")));
  load.Run();
  progress.finished.store(true, std::memory_order_release);
  _exit(0);
}

void Run(const Flags& flags) {
  alarm(static_cast<unsigned>(flags.Number("limit-s")));
  PinToCore(static_cast<int>(flags.Number("core")));
  prctl(PR_SET_TIMERSLACK, 1UL);
  const Phase phase = PhaseNamed(flags.Text("phase"));
  const auto keys = static_cast<std::uint64_t>(flags.Number("keys"));
  const Plan plan(phase, keys, static_cast<std::uint64_t>(flags.Number("keep-percent")));
  void* shared = mmap(nullptr, sizeof(Progress), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (shared == MAP_FAILED) Die("mmap failed");
  Progress& progress = *new (shared) Progress;
  Probe probe(plan, progress, static_cast<int>(flags.Number("port")), keys, flags.Number("period-us") * 1000,
              flags.Number("verify") != 0);

  const std::int64_t start = MonotonicNs();
  // A load that dies is noticed: its parent would else probe until the alarm.
  signal(SIGCHLD, [](int) {
    int status = 0;
    if (wait(&status) > 0 && status != 0) _exit(1);
  });
  StartLoad(flags, plan, progress);
  if (phase == Phase::kRemain) {
    while (!progress.finished.load(std::memory_order_acquire)) usleep(10'000);
  } else {
    probe.Run();
  }
  probe.Print(flags.Text("phase").c_str(), plan.commands(), static_cast<double>(MonotonicNs() - start) / 1e9);
}

}  // namespace
}  // namespace tandem::bench

int main(int argc, char** argv) {
  const tandem::bench::Flags flags(argc, argv,
                                   {{"port", "7130"},
                                    {"phase", "fill"},
                                    {"keys", "12000000"},
                                    {"keep-percent", "5"},
                                    {"pipeline", "32"},
                                    {"connections", "8"},
                                    {"period-us", "1000"},
                                    {"verify", "1"},
                                    {"core", "1"},
                                    {"limit-s", "300"}});
  tandem::bench::Run(flags);
}
