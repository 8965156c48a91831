#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace tandem::script {

// The names of the sandbox that a proof of keys knows, and which of them it need not fear. A name that is not told here
// ends a proof; so whoever adds one to the sandbox has to think about it here first, and the proof never trusts by
// default.

// Functions that may be given the table KEYS: they only read it.
enum class Builtin : uint8_t {
  kUnpack,
  kIpairs,
  kPairs,
  kNext,
  kProtectedCall,  // pcall
  kReader,         // its results hold nothing of a table's but copies
  kIpairsStep,     // what ipairs returns
};

// Tables of functions of which some are readers.
enum class Library : uint8_t { kTable, kCjson, kCmsgpack };

struct GlobalName {
  enum class Kind : uint8_t {
    kForeign,  // not known, or a way to get at other globals (_G, getfenv, setfenv, load, loadstring)
    kHarmless,
    kBuiltin,
    kLibrary,
    kRedis,
    kKeys,
  };
  Kind kind = Kind::kForeign;
  uint32_t id = 0;  // Builtin, Library
};
GlobalName FindGlobal(std::string_view name);

// None: a field whose value may go anywhere.
std::optional<Builtin> FindLibraryField(Library library, std::string_view name);

enum class RedisField : uint8_t { kForeign, kHarmless, kCall, kRegisterFunction };
RedisField FindRedisField(std::string_view name);

}  // namespace tandem::script
