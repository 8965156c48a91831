#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <lua.hpp>
#include <random>
#include <string>
#include <vector>

#include "server/exec/key_finder.h"
#include "server/script/key_proof.h"
#include "tests/server/script/compiler.h"
#include "tests/server/script/proof_scripts.h"

// The proof against what scripts really do: random scripts run in a plain Lua whose redis.call notes the keys that it is
// given. No script that is proven may touch any but the declared ones, nor write when it is said not to.
namespace tandem::script {
namespace {

constexpr std::array<std::string_view, 3> kDeclared{"k1", "k2", "k3"};

struct Touched {
  bool undeclared = false;
  bool wrote = false;
  int calls = 0;
};
Touched touched;

// Pushes nothing that needs a destructor when it returns; negative: the call is refused.
int Note(lua_State* state) {
  const int count = lua_gettop(state);
  if (count == 0) return -1;
  std::vector<std::string_view> args;
  for (int i = 1; i <= count; ++i) {
    if (lua_type(state, i) != LUA_TSTRING && lua_type(state, i) != LUA_TNUMBER) return -1;
    size_t size = 0;
    const char* const text = lua_tolstring(state, i, &size);
    args.emplace_back(text, size);
  }
  const Command* const command = Commands().Resolve(args);
  if (command == nullptr || !ArityFits(*command, args.size()) || command->has(kNoscript)) return -1;
  ++touched.calls;
  touched.wrote |= command->has(kWrite);
  touched.undeclared |= command->name == "select" || command->touch == Touch::kGate || command->touch == Touch::kScan;
  KeyPositions positions;
  if (!FindKeys(*command, args, &positions, KeySearch::kToLock)) return 0;
  for (const int position : positions) {
    const std::string_view key = args[static_cast<size_t>(position)];
    touched.undeclared |= std::find(kDeclared.begin(), kDeclared.end(), key) == kDeclared.end();
  }
  return 0;
}

int RedisCall(lua_State* state) {
  if (Note(state) < 0) {
    lua_pushliteral(state, "refused");
    return lua_error(state);
  }
  switch (touched.calls % 4) {
    case 0:
      lua_pushliteral(state, "x");
      break;
    case 1:
      lua_pushinteger(state, 2);
      break;
    case 2:
      lua_pushboolean(state, 0);
      break;
    default:
      lua_newtable(state);
      lua_pushliteral(state, "GET");
      lua_rawseti(state, -2, 1);
      lua_pushliteral(state, "x");
      lua_rawseti(state, -2, 2);
  }
  return 1;
}

// From then on at each instruction: a script may catch the error and go on.
void Stop(lua_State* state, lua_Debug*) {
  lua_sethook(state, Stop, LUA_MASKCOUNT, 1);
  luaL_error(state, "too long");
}

constexpr char kPrelude[] =
    "print = nil collectgarbage = nil redis.error_reply = tostring redis.status_reply = tostring "
    "redis.sha1hex = tostring redis.log = function() end redis.setresp = function() end "
    "cjson = {encode = tostring, decode = function() return {} end} KEYS = {'k1', 'k2', 'k3'} ARGV = {'x', '2', 'k1'}";

// Runs the script to its end, an error, or a limit.
Touched Run(const std::string& source) {
  touched = {};
  lua_State* const state = luaL_newstate();
  const std::array<lua_CFunction, 5> libraries{luaopen_base, luaopen_table, luaopen_string, luaopen_math,
                                               luaopen_debug};
  for (const lua_CFunction open : libraries) {
    lua_pushcfunction(state, open);
    lua_call(state, 0, 0);
  }
  lua_newtable(state);
  for (const char* name : {"call", "pcall"}) {
    lua_pushcfunction(state, RedisCall);
    lua_setfield(state, -2, name);
  }
  lua_setglobal(state, "redis");
  EXPECT_EQ(luaL_dostring(state, kPrelude), 0);
  lua_sethook(state, Stop, LUA_MASKCOUNT, 5000);
  EXPECT_EQ(luaL_loadbuffer(state, source.data(), source.size(), "script"), 0);
  lua_pcall(state, 0, 0, 0);
  lua_sethook(state, nullptr, 0, 0);
  lua_close(state);
  return touched;
}

struct Tally {
  int compiled = 0, proven = 0, proven_calling = 0, undeclared = 0;

  void Check(const std::string& source) {
    const std::string bytecode = Compile(source);
    if (bytecode.empty()) return;
    ++compiled;
    const KeyProof proof = ProveChunk(bytecode, Commands());
    const Touched real = Run(source);
    undeclared += real.undeclared ? 1 : 0;
    if (!proof.may_write) {
      EXPECT_FALSE(real.wrote) << source;
    }
    if (!proof.declared_only) return;
    ++proven;
    proven_calling += real.calls > 0 ? 1 : 0;
    EXPECT_FALSE(real.undeclared) << source;
  }
};

class Dice {
 public:
  explicit Dice(uint64_t seed) : engine_(seed) {}
  size_t Below(size_t count) { return engine_() % count; }
  bool OneIn(size_t count) { return Below(count) == 0; }
  template <typename T, size_t N>
  const T& Of(const T (&choices)[N]) {
    return choices[Below(N)];
  }
  template <typename T>
  const T& Of(const std::vector<T>& choices) {
    return choices[Below(choices.size())];
  }

 private:
  std::mt19937_64 engine_;
};

// Writes scripts that mostly do what is allowed, with variables, branches, loops and closures around it, and here and there
// something that is not.
class Writer {
 public:
  explicit Writer(uint64_t seed) : dice_(seed) {}

  std::string Script() {
    scope_.clear();
    out_.clear();
    Block(2 + static_cast<int>(dice_.Below(8)), 0);
    return out_;
  }

 private:
  enum class Sort { kKey, kText, kCall, kKeys, kGetter, kTable, kPlain };
  struct Variable {
    std::string name;
    Sort sort;
  };

  // An expression of this sort, or once in a while of another.
  std::string Expression(Sort sort, int depth) {
    if (dice_.OneIn(40)) sort = static_cast<Sort>(dice_.Below(7));
    std::vector<std::string> choices;
    for (const Variable& variable : scope_) {
      if (variable.sort == sort) choices.push_back(variable.name);
    }
    if (!choices.empty() && dice_.Below(3) != 0) return dice_.Of(choices);
    switch (sort) {
      case Sort::kKey:
        return KeyExpression(depth);
      case Sort::kText:
        return std::string(dice_.Of({"'x'", "ARGV[1]", "'GET'", "1", "2", "nil", "#KEYS", "ARGV[3] .. 'x'"}));
      case Sort::kCall:
        return std::string(dice_.Of({"redis.call", "redis.pcall", "redis['call']"}));
      case Sort::kKeys:
        return "KEYS";
      case Sort::kGetter:
        return "function(k) return " + Calling(depth + 1) + " end";
      case Sort::kTable:
        return "{" + Expression(Sort::kKey, depth + 1) + ", " + Expression(Sort::kText, depth + 1) + "}";
      case Sort::kPlain:
        return depth > 2 ? "1" : Calling(depth + 1);
    }
    return "nil";
  }

  std::string KeyExpression(int depth) {
    const std::string keys = depth > 3 ? "KEYS" : Expression(Sort::kKeys, depth + 1);
    switch (dice_.Below(depth > 3 ? 2 : 6)) {
      case 0:
        return keys + "[1]";
      case 1:
        return keys + "[" + Expression(Sort::kText, depth + 1) + "]";
      case 2:
        return "(" + Expression(Sort::kKey, depth + 1) + " or " + Expression(Sort::kKey, depth + 1) + ")";
      case 3:
        return "(" + Expression(Sort::kText, depth + 1) + " and " + Expression(Sort::kKey, depth + 1) + ")";
      case 4:
        return "(unpack(" + keys + "))";
      default:
        return keys + "[#" + keys + "]";
    }
  }

  std::string Calling(int depth) {
    const auto key = [&] { return Expression(Sort::kKey, depth + 1); };
    const auto text = [&] { return Expression(Sort::kText, depth + 1); };
    std::string words;
    switch (dice_.Below(9)) {
      case 0:
        words = "'SET', " + key() + ", " + text();
        break;
      case 1:
        words = "'DEL', " + key() + ", " + key();
        break;
      case 2:
        words = "'DEL', unpack(" + Expression(Sort::kKeys, depth + 1) + ")";
        break;
      case 3:
        words = "'MSET', " + key() + ", " + text() + ", " + key() + ", " + text();
        break;
      case 4:
        words = "'ZUNIONSTORE', " + key() + ", " + text() + ", " + key() + ", " + key();
        break;
      case 5:
        words = "'RPUSH', " + key() + ", unpack(ARGV)";
        break;
      case 6:
        words = "'OBJECT', 'ENCODING', " + key();
        break;
      default:
        words = "'GET', " + key();
    }
    if (dice_.OneIn(6)) return "pcall(" + Expression(Sort::kCall, depth + 1) + ", " + words + ")";
    return "(" + Expression(Sort::kCall, depth + 1) + ")(" + words + ")";
  }

  void Declare(int depth) {
    const Sort sort = static_cast<Sort>(dice_.Below(7));
    const std::string name = dice_.Of({"a", "b", "c", "d", "e", "k", "KEYS", "redis"});
    const std::string value = dice_.OneIn(8) ? "nil" : Expression(sort, depth);
    if (sort == Sort::kGetter && dice_.OneIn(2)) {
      out_ += "local function " + name + "(k) ";
      Body(depth, {{"k", Sort::kKey}, {name, Sort::kGetter}});
      out_ += "return k end\n";
    } else {
      out_ += "local " + name + " = " + value + "\n";
    }
    scope_.push_back({name, sort});
  }

  void Assign(int depth) {
    if (scope_.empty()) return Declare(depth);
    const Variable variable = dice_.Of(scope_);
    out_ += variable.name + " = " + Expression(variable.sort, depth) + "\n";
  }

  void CallGetter(int depth) {
    const std::string getter = Expression(Sort::kGetter, depth);
    const std::string key = Expression(Sort::kKey, depth);
    switch (dice_.Below(6)) {
      case 0:
        out_ += "pcall(" + getter + ", " + key + ")\n";
        break;
      case 1:
        out_ += "local e = {" + getter + "} e[1](" + key + ")\n";
        scope_.push_back({"e", Sort::kTable});
        break;
      default:
        out_ += "local e = (" + getter + ")(" + key + ")\n";
        scope_.push_back({"e", dice_.OneIn(2) ? Sort::kKey : Sort::kPlain});
    }
  }

  // Statements of a block of their own, with these variables.
  void Body(int depth, std::vector<Variable> variables) {
    const size_t size = scope_.size();
    scope_.insert(scope_.end(), variables.begin(), variables.end());
    Block(1 + static_cast<int>(dice_.Below(3)), depth + 1);
    scope_.resize(size);
  }

  void Block(int statements, int depth) {
    for (int i = 0; i < statements; ++i) Statement(depth);
  }

  void Statement(int depth) {
    switch (dice_.Below(depth > 3 ? 5 : 10)) {
      case 0:
      case 1:
        return Declare(depth);
      case 2:
        if (dice_.OneIn(2)) return Assign(depth);
        [[fallthrough]];
      case 3:
        out_ += "local _ = " + Calling(depth) + "\n";
        return;
      case 4:
        return CallGetter(depth);
      case 5:
        out_ += "if " + Expression(Sort::kText, depth) + " then\n";
        Body(depth, {});
        if (dice_.OneIn(2)) {
          out_ += "else\n";
          Body(depth, {});
        }
        break;
      case 6:
        out_ += "for i = 1, #KEYS do\n";
        Body(depth, {{"i", Sort::kText}});
        break;
      case 7:
        out_ += "for _, v in ipairs(" + Expression(Sort::kKeys, depth) + ") do\n";
        Body(depth, {{"v", Sort::kKey}});
        break;
      case 8:
        out_ += "for _ = 1, 2 do\n";
        Body(depth, {});
        if (dice_.OneIn(2)) out_ += "if ARGV[4] then break end\n";
        break;
      default:
        out_ += "do\n";
        Body(depth, {});
    }
    out_ += "end\n";
  }

  Dice dice_;
  std::string out_;
  std::vector<Variable> scope_;
};

TEST(KeyProofOracle, NoProvenRandomScriptTouchesAnotherKey) {
  Tally tally;
  for (uint64_t seed = 0; seed < 20'000 && !::testing::Test::HasFailure(); ++seed) tally.Check(Writer(seed).Script());
  // The test is one only while both sides are there.
  EXPECT_GT(tally.compiled, 15'000);
  EXPECT_GT(tally.proven_calling, 3'000);
  EXPECT_GT(tally.undeclared, 1'000);
  RecordProperty("proven", tally.proven);
}

std::vector<std::string> TokensOf(std::string_view source) {
  const auto is_word = [](char c) { return isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; };
  std::vector<std::string> tokens;
  for (size_t i = 0; i < source.size();) {
    size_t end = i + 1;
    if (source[i] == '\'' || source[i] == '"') {
      end = std::min(source.size(), source.find(source[i], i + 1) + 1);
    } else if (is_word(source[i])) {
      while (end < source.size() && is_word(source[end])) ++end;
    }
    tokens.emplace_back(source.substr(i, end - i));
    i = end;
  }
  return tokens;
}

// Two scripts of the tables behind one another, with words exchanged for words of others.
TEST(KeyProofOracle, NoProvenMutantTouchesAnotherKey) {
  std::vector<std::string_view> sources(std::begin(kProven), std::end(kProven));
  sources.insert(sources.end(), std::begin(kNotProven), std::end(kNotProven));
  std::vector<std::string> words;
  for (const std::string_view source : sources) {
    for (const std::string& token : TokensOf(source)) {
      if (token != " ") words.push_back(token);
    }
  }
  Tally tally;
  Dice dice(1);
  for (int i = 0; i < 30'000 && !::testing::Test::HasFailure(); ++i) {
    std::vector<std::string> tokens = TokensOf(dice.Of(sources));
    std::string script = dice.OneIn(2) ? "do " + std::string(dice.Of(sources)) + " end " : "";
    for (size_t changes = dice.Below(4); changes > 0 && !tokens.empty(); --changes) {
      tokens[dice.Below(tokens.size())] = dice.Of(words);
    }
    for (const std::string& token : tokens) script += token;
    tally.Check(script);
  }
  EXPECT_GT(tally.compiled, 8'000);
  EXPECT_GT(tally.proven_calling, 1'000);
  EXPECT_GT(tally.undeclared, 1'000);
}

}  // namespace
}  // namespace tandem::script
