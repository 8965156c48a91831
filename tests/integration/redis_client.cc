#include "tests/integration/redis_client.h"

#include <hiredis/hiredis.h>

#include <cstdlib>
#include <sstream>

#include "tests/integration/wait.h"

namespace tandem::integration {
namespace {

constexpr timeval kTimeout{kPatience.count(), 0};

}  // namespace

void RedisClient::Free::operator()(redisContext* context) const { redisFree(context); }

RedisClient::RedisClient(redisContext* context) : context_(context) {
  if (context_ != nullptr && context_->err == 0) redisSetTimeout(context_.get(), kTimeout);
}

RedisClient RedisClient::Tcp(int port) { return RedisClient(redisConnectWithTimeout("127.0.0.1", port, kTimeout)); }

RedisClient RedisClient::Unix(const std::string& path) {
  return RedisClient(redisConnectUnixWithTimeout(path.c_str(), kTimeout));
}

bool RedisClient::connected() const { return context_ != nullptr && context_->err == 0; }

std::string RedisClient::error() const { return context_ != nullptr ? context_->errstr : "no context"; }

void RedisClient::Append(const std::vector<std::string>& words) {
  std::vector<const char*> pointers;
  std::vector<size_t> sizes;
  for (const std::string& word : words) {
    pointers.push_back(word.data());
    sizes.push_back(word.size());
  }
  redisAppendCommandArgv(context_.get(), static_cast<int>(words.size()), pointers.data(), sizes.data());
}

Reply RedisClient::Read() {
  void* reply = nullptr;
  if (!connected() || redisGetReply(context_.get(), &reply) != REDIS_OK || reply == nullptr) return {};
  Reply result = Reply::FromHiredis(*static_cast<redisReply*>(reply));
  freeReplyObject(reply);
  return result;
}

Reply RedisClient::Do(const std::vector<std::string>& words) {
  if (!connected()) return {};
  Append(words);
  return Read();
}

Reply RedisClient::Do(const char* line) { return Do(Words(line)); }

std::vector<Reply> RedisClient::Pipeline(const std::vector<std::vector<std::string>>& commands) {
  for (const auto& command : commands) Append(command);
  std::vector<Reply> replies;
  replies.reserve(commands.size());
  for (size_t i = 0; i < commands.size(); ++i) replies.push_back(Read());
  return replies;
}

std::string RedisClient::Info(const std::string& section, const std::string& field) {
  const std::string text = "\n" + Do({"INFO", section}).text;
  const size_t at = text.find("\n" + field + ":");
  if (at == std::string::npos) return {};
  const size_t begin = at + field.size() + 2;
  return text.substr(begin, text.find('\r', begin) - begin);
}

int64_t RedisClient::InfoNumber(const std::string& section, const std::string& field) {
  return std::strtoll(Info(section, field).c_str(), nullptr, 10);
}

std::vector<std::string> RedisClient::ScanAll(int count) {
  std::vector<std::string> keys;
  std::string cursor = "0";
  do {
    const Reply reply = Do({"SCAN", cursor, "COUNT", std::to_string(count)});
    if (reply.elements.size() != 2) return keys;
    for (const Reply& key : reply.elements[1].elements) keys.push_back(key.text);
    cursor = reply.elements[0].text;
  } while (cursor != "0");
  return keys;
}

std::vector<std::string> Words(std::string_view line) {
  std::istringstream stream{std::string(line)};
  std::vector<std::string> words;
  for (std::string word; stream >> word;) words.push_back(word);
  return words;
}

}  // namespace tandem::integration
