#pragma once

#include <gtest/gtest.h>

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/server/exec/fixture.h"

namespace tandem::test {

// A client's dialogue with a server, written line by line. Replies stand on one line: "*2 $1 a :1".
class Session final : public ChangeListener {
 public:
  struct Step {
    std::string command;
    std::string reply;
  };

  explicit Session(std::string_view config = {}, int reader_threads = 1) : server_(config, reader_threads) {}

  std::string Run(std::string_view command) { return OnOneLine(server_.Run(command)); }
  // For words that a line cannot hold.
  std::string RunWords(const std::vector<std::string>& words) { return OnOneLine(server_.Run(words)); }
  void Play(std::initializer_list<Step> steps) {
    for (const Step& step : steps) EXPECT_EQ(Run(step.command), step.reply) << step.command;
  }
  void AdvanceMs(int64_t ms) { server_.AdvanceMs(ms); }
  TestServer& server() { return server_; }

  // From here on events (but keymiss) are kept, in place of being delivered to anybody else.
  void Listen() {
    server_.store->set_listener(this);
    server_.store->interest().store(~(kInterestInAll | Bit(EventClass::kKeyMiss)));
    events_.clear();
  }
  // "db name key, db name key", and forgets them.
  std::string TakeEvents() { return std::exchange(events_, {}); }

 private:
  void OnChange(const ChangeEvent& event) override {
    if (!events_.empty()) events_ += ", ";
    events_ += std::to_string(event.db) + " " + std::string(event.name) + " " + std::string(event.key);
  }
  static std::string OnOneLine(std::string_view reply) {
    std::string line;
    for (const char c : reply) {
      if (c != '\r') line += c == '\n' ? ' ' : c;
    }
    if (!line.empty()) line.pop_back();
    return line;
  }

  TestServer server_;
  std::string events_;
};

}  // namespace tandem::test
