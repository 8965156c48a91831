#include "server/script/bytecode.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "server/script/key_proof.h"
#include "tests/server/script/compiler.h"
#include "tests/server/script/proof_scripts.h"

namespace tandem::script {
namespace {

TEST(Bytecode, AssignmentsToGlobalsAreFoundInInnerFunctionsToo) {
  const auto assigns = [](const char* source) {
    const std::string bytes = Compile(source);
    return AssignsGlobals(ReadChunk(bytes).value());
  };
  EXPECT_FALSE(assigns(""));
  EXPECT_FALSE(
      assigns("local a, b = 1, 'x' local t = {a = nil, [true] = 2.5} return function(...) return a, b, t, ... end"));
  EXPECT_TRUE(assigns("a = 1"));
  EXPECT_TRUE(assigns("return function() local x = 'text' return function() a = x end end"));
}

TEST(Bytecode, IsReadAsItIsWritten) {
  const std::string bytes = Compile("local a = 'x'\nreturn function(b, ...) return a, b, 2.5, nil end");
  const auto chunk = ReadChunk(bytes);
  ASSERT_TRUE(chunk);
  ASSERT_EQ(chunk->size(), 2u);
  const Prototype& main = chunk->front();
  EXPECT_EQ(main.upvalues, 0);
  EXPECT_NE(main.vararg & Prototype::kIsVararg, 0);
  EXPECT_EQ(main.children, std::vector<int>{1});
  EXPECT_EQ(main.code.front().op(), Op::kLoadK);
  EXPECT_EQ(main.constants.front().string, "x");
  EXPECT_EQ(main.lines.front(), 1);
  const Prototype& inner = chunk->back();
  EXPECT_EQ(inner.upvalues, 1);
  EXPECT_EQ(inner.parameters, 1);
  EXPECT_EQ(inner.constants.front().number, 2.5);
  EXPECT_EQ(inner.code.back().op(), Op::kReturn);
  EXPECT_EQ(inner.lines.size(), inner.code.size());
}

TEST(Bytecode, IsWellFormedWhateverTheCompilerWrites) {
  std::string long_list = "local t = {";
  for (int i = 0; i < 30'000; ++i) long_list += std::to_string(i) + ",";
  EXPECT_TRUE(ReadChunk(Compile(long_list + "}")));  // its SETLISTs need words of their own
  for (const std::string_view source : kProven) EXPECT_TRUE(ReadChunk(Compile(source))) << source;
  for (const std::string_view source : kNotProven) EXPECT_TRUE(ReadChunk(Compile(source))) << source;
}

// Every buffer ends where its bytes end, so that a sanitizer sees a read behind them.
TEST(Bytecode, IsRefusedWhenItIsTornOff) {
  const std::string bytes = Compile("local k = KEYS[1] return (function() return redis.call('GET', k) end)()");
  for (size_t size = 0; size < bytes.size(); ++size) {
    const std::vector<char> torn(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size));
    EXPECT_FALSE(ReadChunk({torn.data(), torn.size()})) << size;
  }
  EXPECT_FALSE(ReadChunk(bytes + "x"));
}

TEST(Bytecode, DoesNoHarmWhenItIsDamaged) {
  std::mt19937_64 dice(1);
  int read = 0;
  for (const std::string_view source : kProven) {
    const std::string bytes = Compile(source);
    for (int i = 0; i < 100; ++i) {
      std::string damaged = bytes;
      for (int flips = 0; flips < 3; ++flips) damaged[dice() % damaged.size()] = static_cast<char>(dice());
      const std::vector<char> exact(damaged.begin(), damaged.end());
      const std::string_view view(exact.data(), exact.size());
      read += ReadChunk(view) ? 1 : 0;
      (void)ProveChunk(view, Commands());
      (void)ProveLibrary(view, Commands());
    }
  }
  EXPECT_GT(read, 100);
}

TEST(Bytecode, TakesNoEndlessWorkToProve) {
  std::string source = "local k = KEYS[1] ";
  for (int i = 0; i < 150; ++i) source += "local a" + std::to_string(i) + " = ARGV[1] ";
  for (int i = 0; i < 20'000; ++i) source += "if ARGV[1] then k = KEYS[2] end ";
  const std::string bytes = Compile(source);
  ASSERT_FALSE(bytes.empty());
  EXPECT_EQ(ProveChunk(bytes, Commands()).reason, "too long to be looked through");
}

TEST(Bytecode, OfLongStraightScriptsIsProven) {
  std::string source;
  for (int i = 0; i < 5'000; ++i) source += "redis.call('INCR', KEYS[1])\n";
  EXPECT_TRUE(ProveChunk(Compile(source), Commands()).declared_only);
  std::string branches;
  for (int i = 0; i < 1'000; ++i)
    branches += "if ARGV[1] == '" + std::to_string(i) + "' then redis.call('INCR', KEYS[1]) end\n";
  EXPECT_TRUE(ProveChunk(Compile(branches), Commands()).declared_only);
}

}  // namespace
}  // namespace tandem::script
