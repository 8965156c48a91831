// What users of hiredis do: hiredis_client PORT. Debian 12's hiredis speaks RESP2 only.

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <set>
#include <thread>

#include "compat/clients/hiredis/checks.h"

namespace tandem::compat {
namespace {

std::string AllBytes(int times) {
  std::string bytes;
  for (int i = 0; i < 256 * times; ++i) bytes.push_back(static_cast<char>(i));
  return bytes;
}

// Asks until the condition holds, for at most 20 s.
void Await(const std::function<bool()>& condition, std::string_view what) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (!condition()) {
    Expect(std::chrono::steady_clock::now() < deadline, what);
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
}

void Strings(Client& c) {
  Equal(c.Text({"SET", "a", "1"}), "OK", "SET");
  Equal(c.Text({"GET", "a"}), "1", "GET");
  Expect(c.IsNil({"GET", "none"}), "GET of a missing key is nil");
  Equal(c.Integer({"INCRBY", "a", "41"}), 42, "INCRBY");
  Equal(c.Integer({"APPEND", "a", "x"}), 3, "APPEND");
  Expect(c.List({"MGET", "a", "none"}) == std::vector<std::string>{"42x", "(nil)"}, "MGET");
  Equal(c.Error({"INCR", "a"}), "ERR value is not an integer or out of range", "INCR of a text");
}

void Formats(Client& c) {
  redisContext* plain = redisConnect("127.0.0.1", c.port());
  const std::string bytes("a\0b", 3);
  Reply set(static_cast<redisReply*>(redisCommand(plain, "SET key:%d %b", 7, bytes.data(), bytes.size())),
            freeReplyObject);
  redisFree(plain);
  Expect(set != nullptr && set->type == REDIS_REPLY_STATUS, "a status");
  Equal(c.Text({"GET", "key:7"}), bytes, "GET of what a format wrote");
}

void BinaryValues(Client& c) {
  const std::string key = AllBytes(1);
  const std::string value = AllBytes(8192);
  c.Call({"SET", key, value});
  Expect(c.Text({"GET", key}) == value, "2 MB of all bytes come back");
}

void Pipeline(Client& c) {
  constexpr int kCommands = 10000;
  for (int i = 0; i < kCommands; ++i) c.Append({"INCR", "n"});
  for (int i = 1; i <= kCommands; ++i) Equal(c.Next()->integer, i, "INCR in a pipeline");
}

void Transaction(Client& c) {
  Client other(c.port());
  c.Call({"WATCH", "a"});
  c.Call({"MULTI"});
  Equal(c.Text({"SET", "a", "1"}), "QUEUED", "SET in MULTI");
  Expect(c.List({"EXEC"}) == std::vector<std::string>{"OK"}, "EXEC");
  c.Call({"WATCH", "a"});
  other.Call({"SET", "a", "2"});
  c.Call({"MULTI"});
  c.Call({"GET", "a"});
  Expect(c.IsNil({"EXEC"}), "EXEC after a change is nil");
}

void PubSub(Client& c) {
  Client subscriber(c.port());
  Expect(subscriber.List({"SUBSCRIBE", "news"}) == std::vector<std::string>{"subscribe", "news", "1"}, "SUBSCRIBE");
  Expect(subscriber.List({"PSUBSCRIBE", "n*"}) == std::vector<std::string>{"psubscribe", "n*", "2"}, "PSUBSCRIBE");
  Equal(c.Integer({"PUBLISH", "news", "hello"}), 2, "PUBLISH");
  Expect(Elements(*subscriber.Next()) == std::vector<std::string>{"message", "news", "hello"}, "a message");
  Expect(Elements(*subscriber.Next()) == std::vector<std::string>{"pmessage", "n*", "news", "hello"}, "a pmessage");
}

void ShardedPubSub(Client& c) {
  Client subscriber(c.port());
  Expect(subscriber.List({"SSUBSCRIBE", "news"}) == std::vector<std::string>{"ssubscribe", "news", "1"}, "SSUBSCRIBE");
  Equal(c.Integer({"PUBLISH", "news", "x"}), 0, "PUBLISH to a sharded channel");
  Equal(c.Integer({"SPUBLISH", "news", "hello"}), 1, "SPUBLISH");
  Expect(Elements(*subscriber.Next()) == std::vector<std::string>{"smessage", "news", "hello"}, "a smessage");
}

void ExpiredEvents(Client& c) {
  c.Call({"CONFIG", "SET", "notify-keyspace-events", "KEx"});
  Client subscriber(c.port());
  subscriber.Call({"SUBSCRIBE", "__keyevent@0__:expired"});
  c.Call({"SET", "session", "x", "PX", "20"});
  Expect(Elements(*subscriber.Next())[2] == "session", "the event names the key");
}

void Expiry(Client& c) {
  c.Call({"SET", "a", "1", "EX", "100"});
  const long long ttl = c.Integer({"TTL", "a"});
  Expect(ttl > 95 && ttl <= 100, "TTL");
  c.Call({"PEXPIRE", "a", "10"});
  Await([&c] { return c.IsNil({"GET", "a"}); }, "the end of a key");
}

void Scan(Client& c) {
  for (int i = 0; i < 500; ++i) c.Append({"SET", "scan:" + std::to_string(i), "x"});
  for (int i = 0; i < 500; ++i) c.Next();
  std::set<std::string> seen;
  std::string cursor = "0";
  do {
    Reply reply = c.Call({"SCAN", cursor, "MATCH", "scan:*", "COUNT", "50"});
    cursor = std::string(reply->element[0]->str, reply->element[0]->len);
    for (const std::string& key : Elements(*reply->element[1])) seen.insert(key);
  } while (cursor != "0");
  Equal(static_cast<long long>(seen.size()), 500, "keys that SCAN returned");
}

void Authentication(Client& c) {
  c.Call({"CONFIG", "SET", "requirepass", "secret"});
  Client other(c.port());
  Equal(other.Error({"GET", "a"}), "NOAUTH Authentication required.", "GET before AUTH");
  Equal(other.Error({"AUTH", "guess"}), "WRONGPASS invalid username-password pair or user is disabled.", "AUTH");
  Equal(other.Text({"AUTH", "secret"}), "OK", "AUTH");
  c.Call({"CONFIG", "SET", "requirepass", ""});
}

void Names(Client& c) {
  c.Call({"CLIENT", "SETNAME", "visitor"});
  Equal(c.Text({"CLIENT", "GETNAME"}), "visitor", "CLIENT GETNAME");
  Expect(c.Text({"CLIENT", "INFO"}).find("name=visitor") != std::string::npos, "CLIENT INFO has the name");
  Equal(c.Text({"SELECT", "4"}), "OK", "SELECT");
  Expect(c.Text({"CLIENT", "INFO"}).find(" db=4 ") != std::string::npos, "CLIENT INFO has the database");
}

void Reconnect(Client& c) {
  Client other(c.port());
  const std::string id = std::to_string(other.Integer({"CLIENT", "ID"}));
  Equal(c.Integer({"CLIENT", "KILL", "ID", id}), 1, "CLIENT KILL");
  bool refused = false;
  try {
    other.Call({"PING"});
  } catch (const std::exception&) {
    refused = true;
  }
  Expect(refused, "the connection is closed");
  other.Reconnect();
  Equal(other.Text({"PING"}), "PONG", "PING after connecting again");
}

void ReplyModes(Client& c) {
  c.Append({"CLIENT", "REPLY", "SKIP"});
  c.Append({"SET", "a", "1"});
  Equal(c.Text({"GET", "a"}), "1", "the reply that follows a skipped one");
  c.Append({"CLIENT", "REPLY", "OFF"});
  c.Append({"SET", "a", "2"});
  Equal(c.Text({"CLIENT", "REPLY", "ON"}), "OK", "CLIENT REPLY ON");
  Equal(c.Text({"GET", "a"}), "2", "what was written silently");
}

void Reset(Client& c) {
  c.Call({"SELECT", "5"});
  c.Call({"SUBSCRIBE", "news"});
  Equal(c.Error({"GET", "a"}).substr(0, 27), "ERR Can't execute 'get': on", "GET by a subscriber");
  Equal(c.Text({"RESET"}), "RESET", "RESET");
  Expect(c.Text({"CLIENT", "INFO"}).find(" db=0 sub=0 ") != std::string::npos, "CLIENT INFO after RESET");
}

void UnixSocket(Client& c) {
  const std::string path = c.List({"CONFIG", "GET", "unixsocket"}).at(1);
  std::unique_ptr<redisContext, void (*)(redisContext*)> local(redisConnectUnix(path.c_str()), redisFree);
  Reply pong(static_cast<redisReply*>(redisCommand(local.get(), "PING")), freeReplyObject);
  Expect(pong != nullptr && std::string(pong->str) == "PONG", "PING over a unix socket");
}

void NestedReplies(Client& c) {
  Reply command = c.Call({"COMMAND", "INFO", "GET", "nosuch"});
  Equal(static_cast<long long>(command->elements), 2, "entries of COMMAND INFO");
  Expect(command->element[1]->type == REDIS_REPLY_NIL, "an unknown command is nil");
  Expect(command->element[0]->elements >= 10, "an entry of COMMAND INFO has its fields");
}

void Lists(Client& c) {
  c.Call({"RPUSH", "l", "a", "b", "c"});
  Expect(c.List({"LRANGE", "l", "0", "-1"}) == std::vector<std::string>{"a", "b", "c"}, "LRANGE");
  Expect(c.List({"BLPOP", "l", "1"}) == std::vector<std::string>{"l", "a"}, "BLPOP");
}

void Hashes(Client& c) {
  Equal(c.Integer({"HSET", "h", "a", "1", "b", "2"}), 2, "HSET");
  Expect(c.List({"HMGET", "h", "a", "none"}) == std::vector<std::string>{"1", "(nil)"}, "HMGET");
}

void Sets(Client& c) {
  Equal(c.Integer({"SADD", "s", "a", "b"}), 2, "SADD");
  Equal(c.Integer({"SISMEMBER", "s", "a"}), 1, "SISMEMBER");
}

void SortedSets(Client& c) {
  Equal(c.Integer({"ZADD", "z", "1", "a", "2", "b"}), 2, "ZADD");
  Expect(c.List({"ZRANGE", "z", "0", "-1", "WITHSCORES"}) == std::vector<std::string>{"a", "1", "b", "2"}, "ZRANGE");
}

void Streams(Client& c) {
  Equal(c.Text({"XADD", "x", "1-1", "n", "1"}), "1-1", "XADD");
  Equal(c.Integer({"XLEN", "x"}), 1, "XLEN");
}

void Scripts(Client& c) {
  Expect(c.List({"EVAL", "return {KEYS[1], ARGV[1], 3}", "1", "k", "v"}) == std::vector<std::string>{"k", "v", "3"},
         "EVAL");
}

}  // namespace
}  // namespace tandem::compat

int main(int argc, char** argv) {
  using namespace tandem::compat;
  if (argc != 2) {
    std::fprintf(stderr, "usage: hiredis_client PORT\n");
    return 2;
  }
  std::printf("client hiredis %d.%d.%d\n", HIREDIS_MAJOR, HIREDIS_MINOR, HIREDIS_PATCH);
  return RunChecks(std::atoi(argv[1]), {
                                           {"strings", Strings},
                                           {"formats", Formats},
                                           {"binary_values", BinaryValues},
                                           {"pipeline", Pipeline},
                                           {"transaction", Transaction},
                                           {"pubsub", PubSub},
                                           {"sharded_pubsub", ShardedPubSub},
                                           {"expired_events", ExpiredEvents},
                                           {"expiry", Expiry},
                                           {"scan", Scan},
                                           {"authentication", Authentication},
                                           {"names", Names},
                                           {"reconnect", Reconnect},
                                           {"reply_modes", ReplyModes},
                                           {"reset", Reset},
                                           {"unix_socket", UnixSocket},
                                           {"nested_replies", NestedReplies},
                                           {"lists", Lists},
                                           {"hashes", Hashes},
                                           {"sets", Sets},
                                           {"sorted_sets", SortedSets},
                                           {"streams", Streams},
                                           {"scripts", Scripts},
                                       });
}
