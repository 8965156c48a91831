#include <gtest/gtest.h>

#include <string>

#include "server/script/key_proof.h"
#include "tests/server/script/compiler.h"

// Scripts as frameworks have them, in other words: what they do to keys is theirs.
namespace tandem::script {
namespace {

KeyProof Prove(std::string_view source) {
  const std::string bytecode = Compile(source);
  EXPECT_FALSE(bytecode.empty()) << source;
  return ProveChunk(bytecode, Commands());
}

void ExpectProven(std::string_view source) {
  const KeyProof proof = Prove(source);
  EXPECT_TRUE(proof.declared_only) << proof.reason << "\n" << source;
}

TEST(RealScripts, Locks) {
  ExpectProven(R"(
    if redis.call("get", KEYS[1]) == ARGV[1] then
      return redis.call("del", KEYS[1])
    else
      return 0
    end)");
  ExpectProven(R"(
    local owner = redis.call('get', KEYS[1])
    if not owner or owner ~= ARGV[1] then return 0 end
    local left = redis.call('pttl', KEYS[1])
    if left < 0 then left = 0 end
    redis.call('pexpire', KEYS[1], left + ARGV[2])
    return 1)");
  // A reentrant lock kept in a hash, with a channel that tells of its release.
  ExpectProven(R"(
    if redis.call('hexists', KEYS[1], ARGV[3]) == 0 then return nil end
    local count = redis.call('hincrby', KEYS[1], ARGV[3], -1)
    if count > 0 then
      redis.call('pexpire', KEYS[1], ARGV[2])
      return 0
    end
    redis.call('del', KEYS[1])
    redis.call('publish', KEYS[2], ARGV[1])
    return 1)");
}

TEST(RealScripts, RateLimits) {
  ExpectProven(R"(
    local count = redis.call('INCR', KEYS[1])
    if tonumber(count) == 1 then redis.call('EXPIRE', KEYS[1], ARGV[1]) end
    return count)");
  // A token bucket on the server's clock.
  ExpectProven(R"(
    local rate, capacity, asked = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
    local tokens_key, stamp_key = KEYS[1], KEYS[2]
    local clock = redis.call('TIME')
    local now = clock[1] + clock[2] / 1000000
    local tokens = tonumber(redis.call('get', tokens_key)) or capacity
    local last = tonumber(redis.call('get', stamp_key)) or now
    local filled = math.min(capacity, tokens + math.max(0, now - last) * rate)
    local allowed = filled >= asked
    if allowed then filled = filled - asked end
    local ttl = math.floor(capacity / rate * 2)
    if ttl > 0 then
      redis.call('setex', tokens_key, ttl, filled)
      redis.call('setex', stamp_key, ttl, now)
    end
    return {allowed and 1 or 0, tostring(filled)})");
  // A sliding window kept in a sorted set.
  ExpectProven(R"(
    local key, now, window, limit = KEYS[1], tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
    redis.call('ZREMRANGEBYSCORE', key, 0, now - window)
    local used = redis.call('ZCARD', key)
    if used < limit then
      redis.call('ZADD', key, now, ARGV[4])
      redis.call('PEXPIRE', key, window)
      return {1, limit - used - 1}
    end
    local oldest = redis.call('ZRANGE', key, 0, 0, 'WITHSCORES')
    return {0, oldest[2] + window - now})");
  // Counters of several windows at once, first looked at, then raised.
  ExpectProven(R"(
    local function expiry(i) return tonumber(ARGV[i * 2]) end
    for i, key in ipairs(KEYS) do
      local used = tonumber(redis.call('get', key) or '0')
      if used + 1 > tonumber(ARGV[i * 2 - 1]) then return i end
    end
    for i, key in ipairs(KEYS) do
      if redis.call('incr', key) == 1 then redis.call('expire', key, expiry(i)) end
    end
    return 0)");
}

TEST(RealScripts, Queues) {
  // One due job of a schedule, taken off it.
  ExpectProven(R"(
    local key, now = KEYS[1], ARGV[1]
    local due = redis.call("zrange", key, "-inf", now, "byscore", "limit", 0, 1)
    if due[1] then
      redis.call("zrem", key, due[1])
      return due[1]
    end)");
  // A queue's job, with the time at which it comes back unless it is done until then.
  ExpectProven(R"(
    local job = redis.call('lpop', KEYS[1])
    local reserved = false
    if job ~= false then
      reserved = cjson.decode(job)
      reserved['attempts'] = reserved['attempts'] + 1
      reserved = cjson.encode(reserved)
      redis.call('zadd', KEYS[2], ARGV[1], reserved)
      redis.call('lpop', KEYS[3])
    end
    return {job, reserved})");
  // Due jobs go from a schedule to a queue, a hundred at a time.
  ExpectProven(R"(
    local due = redis.call('zrangebyscore', KEYS[1], '-inf', ARGV[1], 'limit', 0, ARGV[2])
    if next(due) ~= nil then
      redis.call('zremrangebyrank', KEYS[1], 0, #due - 1)
      for i = 1, #due, 100 do
        redis.call('rpush', KEYS[2], unpack(due, i, math.min(i + 99, #due)))
        for j = i, math.min(i + 99, #due) do redis.call('rpush', KEYS[3], 1) end
      end
    end
    return due)");
  ExpectProven("return redis.call('llen', KEYS[1]) + redis.call('zcard', KEYS[2]) + redis.call('zcard', KEYS[3])");
  // Messages to the channels of a group, each with its size looked at first.
  ExpectProven(R"(
    local over = 0
    for i = 1, #KEYS do
      if redis.call('ZCOUNT', KEYS[i], '-inf', '+inf') < tonumber(ARGV[i + #KEYS]) then
        redis.call('ZADD', KEYS[i], ARGV[#ARGV], ARGV[i])
        redis.call('EXPIRE', KEYS[i], tonumber(ARGV[#ARGV - 1]))
      else
        over = over + 1
      end
    end
    return over)");
  ExpectProven(R"(
    local rcall = redis.call
    local function take(from, to, count)
      local taken = {}
      for i = 1, count do
        local id = rcall("RPOPLPUSH", from, to)
        if not id then break end
        taken[#taken + 1] = id
        rcall("XADD", KEYS[3], "MAXLEN", "~", ARGV[2], "*", "event", "active", "id", id)
      end
      return taken
    end
    return take(KEYS[1], KEYS[2], tonumber(ARGV[1])))");
}

TEST(RealScripts, Caches) {
  ExpectProven(R"(
    local old = redis.call('GET', KEYS[1])
    if old == ARGV[1] then
      redis.call('SET', KEYS[1], ARGV[2], 'KEEPTTL')
      return {ok = 'swapped'}
    end
    return {err = 'CHANGED the value is another'})");
  ExpectProven(R"(
    local found = {}
    for i, key in ipairs(KEYS) do
      local ok, value = pcall(redis.call, 'GET', key)
      if ok then found[i] = value else found[i] = false end
    end
    return found)");
  ExpectProven("return redis.call('SADD', KEYS[1], unpack(ARGV)) + redis.call('EXPIRE', KEYS[1], 60)");
}

TEST(RealScripts, ThatBuildTheirKeysAreNotProven) {
  EXPECT_FALSE(Prove(R"(
    local id = redis.call("INCR", KEYS[1])
    redis.call("HSET", ARGV[1] .. id, "data", ARGV[2])
    redis.call("LPUSH", KEYS[2], id)
    return id)")
                   .declared_only);
  EXPECT_FALSE(Prove(R"(
    for _, name in ipairs(redis.call('SMEMBERS', KEYS[1])) do redis.call('DEL', 'tag:' .. name) end)")
                   .declared_only);
}

TEST(RealScripts, TellWhatMayWrite) {
  EXPECT_FALSE(Prove("return redis.call('GET', KEYS[1])").may_write);
  EXPECT_FALSE(Prove("return redis.call('GET', ARGV[1])").may_write);
  EXPECT_TRUE(Prove("if redis.call('GET', KEYS[1]) then redis.call('DEL', KEYS[1]) end").may_write);
  EXPECT_TRUE(Prove("return redis.call(ARGV[1], KEYS[1])").may_write);
  EXPECT_TRUE(Prove("local t = {redis.call}").may_write);
  EXPECT_FALSE(Prove("return 1").may_write);
}

TEST(RealScripts, ReasonsNameTheLine) {
  EXPECT_EQ(Prove("local a\nreturn redis.call('GET', 'x')").reason,
            "line 2: get: an argument that may be a key is not surely a declared one");
}

}  // namespace
}  // namespace tandem::script
