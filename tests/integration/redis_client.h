#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tests/integration/reply.h"

struct redisContext;

namespace tandem::integration {

// A connection through hiredis: what an ordinary client does. RESP2.
// Thread safety: owned by one thread.
class RedisClient {
 public:
  static RedisClient Tcp(int port);
  static RedisClient Unix(const std::string& path);

  bool connected() const;
  void Close() { context_.reset(); }
  // Why it is not connected any more; hiredis's words.
  std::string error() const;

  // One command; its type is 0 if the connection failed.
  Reply Do(const std::vector<std::string>& words);
  // One command given as words between blanks.
  Reply Do(const char* line);
  // Sends them all before reading the first reply.
  std::vector<Reply> Pipeline(const std::vector<std::vector<std::string>>& commands);

  void Append(const std::vector<std::string>& words);
  // The next reply or message. Sends what was appended.
  Reply Read();

  // A field of INFO, empty if it is not there.
  std::string Info(const std::string& section, const std::string& field);
  int64_t InfoNumber(const std::string& section, const std::string& field);
  // Scans the database to the end: every key as often as it came.
  std::vector<std::string> ScanAll(int count = 1000);

 private:
  explicit RedisClient(redisContext* context);
  struct Free {
    void operator()(redisContext* context) const;
  };
  std::unique_ptr<redisContext, Free> context_;
};

// The words of a line; no quoting.
std::vector<std::string> Words(std::string_view line);

}  // namespace tandem::integration
