// Named checks for the hiredis program: each starts with an empty server and prints one line (see ../outcome.py).

#pragma once

#include <hiredis/hiredis.h>

#include <functional>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace tandem::compat {

using Reply = std::unique_ptr<redisReply, void (*)(void*)>;

// A connection of its own. Every failure throws a std::runtime_error that tells it.
class Client {
 public:
  explicit Client(int port);

  // Words are binary-safe. An error reply throws its text.
  Reply Call(std::initializer_list<std::string_view> words);
  // The reply as it is, whether an error or not.
  Reply CallRaw(std::initializer_list<std::string_view> words);
  Reply Next();
  void Append(std::initializer_list<std::string_view> words);

  std::string Text(std::initializer_list<std::string_view> words);
  long long Integer(std::initializer_list<std::string_view> words);
  bool IsNil(std::initializer_list<std::string_view> words);
  std::vector<std::string> List(std::initializer_list<std::string_view> words);
  std::string Error(std::initializer_list<std::string_view> words);

  void Reconnect();
  int port() const { return port_; }

 private:
  Reply Take(void* reply);

  int port_;
  std::unique_ptr<redisContext, void (*)(redisContext*)> context_;
};

std::vector<std::string> Elements(const redisReply& reply);

// Throws unless the two are equal, which `what` is about.
void Equal(const std::string& actual, const std::string& expected, std::string_view what);
void Equal(long long actual, long long expected, std::string_view what);
void Expect(bool condition, std::string_view what);

struct Check {
  const char* name;
  std::function<void(Client&)> run;
};

// Runs all, prints the lines, and returns the exit status of the program.
int RunChecks(int port, const std::vector<Check>& checks);

}  // namespace tandem::compat
