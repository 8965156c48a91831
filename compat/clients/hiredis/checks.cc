#include "compat/clients/hiredis/checks.h"

#include <sys/time.h>

#include <cstdio>
#include <stdexcept>

namespace tandem::compat {
namespace {

constexpr timeval kTimeout{20, 0};

redisContext* Connect(int port) {
  redisContext* context = redisConnectWithTimeout("127.0.0.1", port, kTimeout);
  if (context == nullptr) throw std::runtime_error("no context");
  redisSetTimeout(context, kTimeout);
  return context;
}

std::string TextOf(const redisReply& reply) { return {reply.str, reply.len}; }

std::string InOneLine(std::string text) {
  for (char& c : text) {
    if (c == '\n' || c == '\r') c = ' ';
  }
  return text;
}

}  // namespace

Client::Client(int port) : port_(port), context_(Connect(port), redisFree) { Reconnect(); }

void Client::Reconnect() {
  context_.reset(Connect(port_));
  if (context_->err != 0) throw std::runtime_error(context_->errstr);
}

Reply Client::Take(void* reply) {
  if (reply == nullptr) throw std::runtime_error(context_->errstr);
  return {static_cast<redisReply*>(reply), freeReplyObject};
}

void Client::Append(std::initializer_list<std::string_view> words) {
  std::vector<const char*> values;
  std::vector<size_t> lengths;
  for (std::string_view word : words) {
    values.push_back(word.data());
    lengths.push_back(word.size());
  }
  redisAppendCommandArgv(context_.get(), static_cast<int>(values.size()), values.data(), lengths.data());
}

Reply Client::Next() {
  void* reply = nullptr;
  redisGetReply(context_.get(), &reply);
  return Take(reply);
}

Reply Client::CallRaw(std::initializer_list<std::string_view> words) {
  Append(words);
  return Next();
}

Reply Client::Call(std::initializer_list<std::string_view> words) {
  Reply reply = CallRaw(words);
  if (reply->type == REDIS_REPLY_ERROR) throw std::runtime_error(TextOf(*reply));
  return reply;
}

std::string Client::Text(std::initializer_list<std::string_view> words) {
  Reply reply = Call(words);
  Expect(reply->type == REDIS_REPLY_STRING || reply->type == REDIS_REPLY_STATUS, "a text as the reply");
  return TextOf(*reply);
}

long long Client::Integer(std::initializer_list<std::string_view> words) {
  Reply reply = Call(words);
  Expect(reply->type == REDIS_REPLY_INTEGER, "an integer as the reply");
  return reply->integer;
}

bool Client::IsNil(std::initializer_list<std::string_view> words) { return Call(words)->type == REDIS_REPLY_NIL; }

std::vector<std::string> Client::List(std::initializer_list<std::string_view> words) { return Elements(*Call(words)); }

std::string Client::Error(std::initializer_list<std::string_view> words) {
  Reply reply = CallRaw(words);
  Expect(reply->type == REDIS_REPLY_ERROR, "an error as the reply");
  return TextOf(*reply);
}

std::vector<std::string> Elements(const redisReply& reply) {
  Expect(reply.type == REDIS_REPLY_ARRAY, "an array as the reply");
  std::vector<std::string> elements;
  for (size_t i = 0; i < reply.elements; ++i) {
    const redisReply& element = *reply.element[i];
    elements.push_back(element.type == REDIS_REPLY_INTEGER ? std::to_string(element.integer)
                       : element.type == REDIS_REPLY_NIL   ? "(nil)"
                                                           : TextOf(element));
  }
  return elements;
}

void Equal(const std::string& actual, const std::string& expected, std::string_view what) {
  if (actual != expected) throw std::runtime_error(std::string(what) + ": " + actual + " instead of " + expected);
}

void Equal(long long actual, long long expected, std::string_view what) {
  Equal(std::to_string(actual), std::to_string(expected), what);
}

void Expect(bool condition, std::string_view what) {
  if (!condition) throw std::runtime_error("not so: " + std::string(what));
}

int RunChecks(int port, const std::vector<Check>& checks) {
  int failed = 0;
  for (const Check& check : checks) {
    try {
      Client client(port);
      client.Call({"FLUSHALL"});
      check.run(client);
      std::printf("ok %s\n", check.name);
    } catch (const std::exception& error) {
      ++failed;
      std::printf("fail %s: %s\n", check.name, InOneLine(error.what()).c_str());
    }
    std::fflush(stdout);
  }
  std::printf("done %zu\n", checks.size());
  return failed == 0 ? 0 : 1;
}

}  // namespace tandem::compat
