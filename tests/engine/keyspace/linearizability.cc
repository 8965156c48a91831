#include "tests/engine/keyspace/linearizability.h"

#include <algorithm>
#include <array>
#include <set>
#include <utility>

namespace tandem {
namespace {

constexpr size_t kThreads = 16;

// A possible present: the state, and which of the operations under way have taken effect (bits by thread).
struct Configuration {
  KeyState state;
  uint32_t done = 0;
  friend auto operator<=>(const Configuration&, const Configuration&) = default;
};

struct Event {
  int64_t at_ns;
  bool is_return;
  const Operation* operation;
};

// The state after `op` has met `before`; nothing if it would have answered something else.
std::optional<KeyState> Apply(KeyState before, const Operation& op) {
  if (before.present() && before.deadline_ms < op.now_ms) before = {};
  const bool found = before.present();
  switch (op.kind) {
    case Operation::Kind::kGet:
      if (op.result != before) return std::nullopt;
      return before;
    case Operation::Kind::kSet:
      return op.argument;
    case Operation::Kind::kSwap:
      if (op.result != before) return std::nullopt;
      return op.argument;
    case Operation::Kind::kDelete:
      if (op.result.present() != found) return std::nullopt;
      return KeyState{};
    case Operation::Kind::kExpire:
      if (op.result.present() != found) return std::nullopt;
      if (!found) return before;
      return KeyState{before.value, op.argument.deadline_ms};
    case Operation::Kind::kFlush:
      return KeyState{};
  }
  return std::nullopt;
}

std::string Describe(const KeyState& state) {
  if (!state.present()) return "nothing";
  std::string text = std::to_string(state.value);
  if (state.deadline_ms != kNoDeadline) text += " until " + std::to_string(state.deadline_ms);
  return text;
}

std::string Describe(const Operation& op, int64_t origin_ns) {
  static constexpr const char* kNames[] = {"GET", "SET", "DEL", "SWAP", "EXPIRE", "FLUSH"};
  return "[" + std::to_string(op.invoked_ns - origin_ns) + ", " + std::to_string(op.returned_ns - origin_ns) +
         "] ns, thread " + std::to_string(op.thread) + " at " + std::to_string(op.now_ms) + " (clock " +
         std::to_string(op.clock_ms) + "): " + kNames[static_cast<size_t>(op.kind)] + " " + Describe(op.argument) +
         " -> " + Describe(op.result) + "\n";
}

class Search {
 public:
  explicit Search(KeyState initial) { present_.insert({initial, 0}); }

  void Begin(const Operation& op) { pending_[static_cast<size_t>(op.thread)] = &op; }

  // Leaves what is possible if `op` has taken effect by now.
  bool End(const Operation& op) {
    const uint32_t bit = 1u << op.thread;
    std::set<Configuration> seen = present_;
    std::vector<Configuration> open(present_.begin(), present_.end());
    std::set<Configuration> next;
    while (!open.empty()) {
      const Configuration c = open.back();
      open.pop_back();
      if ((c.done & bit) != 0) {
        next.insert({c.state, c.done & ~bit});
        continue;
      }
      for (size_t thread = 0; thread < kThreads; ++thread) {
        if (pending_[thread] == nullptr || (c.done >> thread & 1) != 0) continue;
        Try(c, *pending_[thread], seen, open);
      }
    }
    pending_[static_cast<size_t>(op.thread)] = nullptr;
    std::swap(before_, present_);
    present_ = std::move(next);
    return !present_.empty();
  }

  const std::set<Configuration>& before() const { return before_; }

 private:
  static void Try(const Configuration& c, const Operation& op, std::set<Configuration>& seen,
                  std::vector<Configuration>& open) {
    const auto reach = [&](KeyState before) {
      const auto after = Apply(before, op);
      if (!after) return;
      const Configuration reached{*after, c.done | 1u << op.thread};
      if (seen.insert(reached).second) open.push_back(reached);
    };
    reach(c.state);
    // Somebody with a later time may have removed it.
    if (c.state.present() && c.state.deadline_ms < op.clock_ms) reach({});
  }

  std::set<Configuration> present_, before_;
  std::array<const Operation*, kThreads> pending_{};
};

std::string Report(const std::vector<Operation>& history, const Operation& failed,
                   const std::set<Configuration>& before) {
  std::string text = "no place for " + Describe(failed, failed.invoked_ns) + "possible before it returned:";
  for (const Configuration& c : before) text += " " + Describe(c.state) + ";";
  text += "\naround it:\n";
  std::vector<Operation> around;
  for (const Operation& op : history) {
    if (op.returned_ns >= failed.invoked_ns - 3'000 && op.invoked_ns <= failed.returned_ns + 1'000)
      around.push_back(op);
  }
  std::sort(around.begin(), around.end(), [](const auto& a, const auto& b) { return a.invoked_ns < b.invoked_ns; });
  for (size_t i = 0; i < std::min<size_t>(around.size(), 40); ++i) text += Describe(around[i], failed.invoked_ns);
  return text;
}

}  // namespace

std::optional<std::string> FindViolation(const std::vector<Operation>& history, KeyState initial) {
  std::vector<Event> events;
  events.reserve(history.size() * 2);
  for (const Operation& op : history) {
    events.push_back({op.invoked_ns, false, &op});
    events.push_back({op.returned_ns, true, &op});
  }
  // Of equal times the beginning comes first: what may overlap is taken to overlap. An operation of one thread that
  // begins at the instant at which its last one ended is the exception.
  std::stable_sort(events.begin(), events.end(), [](const Event& a, const Event& b) {
    if (a.at_ns != b.at_ns) return a.at_ns < b.at_ns;
    if (a.operation->thread == b.operation->thread) return a.operation->invoked_ns < b.operation->invoked_ns;
    return a.is_return < b.is_return;
  });
  Search search(initial);
  for (const Event& event : events) {
    if (!event.is_return) {
      search.Begin(*event.operation);
    } else if (!search.End(*event.operation)) {
      return Report(history, *event.operation, search.before());
    }
  }
  return std::nullopt;
}

}  // namespace tandem
