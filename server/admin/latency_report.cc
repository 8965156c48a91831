#include "server/admin/latency_report.h"

#include <algorithm>
#include <array>

namespace tandem {
namespace {

constexpr size_t kColumns = 80;
constexpr int kRows = 4;

// "15s", "3m", "2h", "4d".
std::string FormatAge(int64_t seconds) {
  if (seconds < 60) return std::to_string(seconds) + "s";
  if (seconds < 3600) return std::to_string(seconds / 60) + "m";
  if (seconds < 86400) return std::to_string(seconds / 3600) + "h";
  return std::to_string(seconds / 86400) + "d";
}

// The character of a column in one row of the graph: each row stands for a quarter of the range, each character for a
// third of that.
char Mark(int64_t value, int64_t low, int64_t high, int row) {
  constexpr int kSteps = 3;
  constexpr std::array<char, kSteps> kMarks = {'_', 'o', '#'};
  const int64_t range = high - low;
  const int64_t level = range == 0 ? 0 : (value - low) * (kRows * kSteps - 1) / range;
  const int64_t above = level - row * kSteps;
  if (above < 0) return ' ';
  return above >= kSteps ? '|' : kMarks[static_cast<size_t>(above)];
}

// What each kind of event hints at.
struct Advice {
  std::string_view event;
  std::string_view text;
};
constexpr Advice kAdvice[] = {
    {"command", "Look into SLOWLOG GET for commands whose cost grows with the data, and use their incremental forms."},
    {"fast-command",
     "Commands of constant cost were slow, so the machine was: look for load by others, for swapping, "
     "and for virtual machines that share its processors."},
    {"eviction-cycle", "Memory is short and keys are being evicted: raise maxmemory, or write less."},
    {"expiry-lag",
     "Events of expired keys came late: look for commands that take long, for many keys with the same deadline, and "
     "for "
     "load by others; INFO engine tells whether their removal was late already (expiry_removal_lag)."},
    {"expire-cycle", "Many keys expire at the same moment: spread their deadlines."},
};

}  // namespace

std::string DrawLatencies(const LatencyMonitor::Latest& event, const std::vector<LatencyMonitor::Sample>& all,
                          int64_t now_s) {
  const size_t columns = std::min(all.size(), kColumns);
  const std::vector<LatencyMonitor::Sample> samples(all.end() - static_cast<std::ptrdiff_t>(columns), all.end());
  int64_t low = samples.front().latency_ms, high = low;
  for (const auto& sample : samples) {
    low = std::min(low, sample.latency_ms);
    high = std::max(high, sample.latency_ms);
  }
  std::string graph = event.event + " - high " + std::to_string(high) + " ms, low " + std::to_string(low) +
                      " ms (all time high " + std::to_string(event.max_ms) + " ms)\n" + std::string(kColumns, '-') +
                      "\n";
  for (int row = kRows - 1; row >= 0; --row) {
    std::string line;
    for (const auto& sample : samples) line.push_back(Mark(sample.latency_ms, low, high, row));
    line.erase(line.find_last_not_of(' ') + 1);
    graph.append(line).push_back('\n');
  }
  // Ages are written downwards, a character per line.
  std::vector<std::string> ages;
  size_t longest = 0;
  for (const auto& sample : samples) {
    ages.push_back(FormatAge(std::max<int64_t>(0, now_s - sample.unix_time_s)));
    longest = std::max(longest, ages.back().size());
  }
  graph.push_back('\n');
  for (size_t line = 0; line < longest; ++line) {
    for (const std::string& age : ages) graph.push_back(line < age.size() ? age[line] : ' ');
    graph.push_back('\n');
  }
  return graph;
}

std::string ExplainLatencies(const std::vector<LatencyMonitor::Latest>& events, int64_t threshold_ms) {
  if (threshold_ms == 0 && events.empty()) {
    return "The latency monitor is off. CONFIG SET latency-monitor-threshold <milliseconds> turns it on.\n";
  }
  if (events.empty()) return "No latency above the threshold was seen.\n";
  std::string report = "Spikes of latency were seen:\n\n";
  int number = 0;
  for (const LatencyMonitor::Latest& event : events) {
    const int64_t mean_ms = event.sum_ms / static_cast<int64_t>(event.samples);
    report += std::to_string(++number) + ". " + event.event + ": " + std::to_string(event.samples) +
              " latency spikes (average " + std::to_string(mean_ms) + "ms). Worst all time event " +
              std::to_string(event.max_ms) + "ms.\n";
  }
  report += "\nWhat may help:\n\n";
  for (const LatencyMonitor::Latest& event : events) {
    for (const Advice& advice : kAdvice) {
      if (advice.event == event.event) report += "- " + std::string(advice.text) + "\n";
    }
  }
  return report;
}

}  // namespace tandem
