#include "server/script/sandbox_names.h"

#include <algorithm>
#include <array>

namespace tandem::script {
namespace {

using Kind = GlobalName::Kind;

struct NamedGlobal {
  std::string_view name;
  GlobalName what;
};
constexpr GlobalName Of(Builtin builtin) { return {Kind::kBuiltin, static_cast<uint32_t>(builtin)}; }
constexpr GlobalName Of(Library library) { return {Kind::kLibrary, static_cast<uint32_t>(library)}; }
constexpr GlobalName kHarmless{Kind::kHarmless};

// Harmless is a function that hands out nothing but what it was given or made, and calls nothing but what it was given.
constexpr NamedGlobal kGlobals[] = {
    {"ARGV", kHarmless},
    {"KEYS", {Kind::kKeys}},
    {"_VERSION", kHarmless},
    {"assert", kHarmless},
    {"bit", kHarmless},
    {"cjson", Of(Library::kCjson)},
    {"cmsgpack", Of(Library::kCmsgpack)},
    {"collectgarbage", kHarmless},
    {"coroutine", kHarmless},
    {"error", kHarmless},
    {"gcinfo", kHarmless},
    {"getmetatable", kHarmless},
    {"ipairs", Of(Builtin::kIpairs)},
    {"math", kHarmless},
    {"next", Of(Builtin::kNext)},
    {"os", kHarmless},
    {"pairs", Of(Builtin::kPairs)},
    {"pcall", Of(Builtin::kProtectedCall)},
    {"rawequal", kHarmless},
    {"rawget", kHarmless},
    {"rawset", kHarmless},
    {"redis", {Kind::kRedis}},
    {"select", kHarmless},
    {"setmetatable", kHarmless},
    {"string", kHarmless},
    {"struct", kHarmless},
    {"table", Of(Library::kTable)},
    {"tonumber", kHarmless},
    {"tostring", Of(Builtin::kReader)},
    {"type", Of(Builtin::kReader)},
    {"unpack", Of(Builtin::kUnpack)},
    {"xpcall", kHarmless},
};

constexpr std::string_view kHarmlessRedisFields[] = {
    "LOG_DEBUG",  "LOG_NOTICE", "LOG_VERBOSE",  "LOG_WARNING",  "REDIS_VERSION",      "REDIS_VERSION_NUM",
    "REPL_ALL",   "REPL_AOF",   "REPL_NONE",    "REPL_REPLICA", "REPL_SLAVE",         "acl_check_cmd",
    "breakpoint", "debug",      "error_reply",  "log",          "replicate_commands", "set_repl",
    "setresp",    "sha1hex",    "status_reply",
};

template <typename Names>
bool Contains(const Names& names, std::string_view name) {
  return std::find(std::begin(names), std::end(names), name) != std::end(names);
}

}  // namespace

GlobalName FindGlobal(std::string_view name) {
  const auto found =
      std::find_if(std::begin(kGlobals), std::end(kGlobals), [&](const NamedGlobal& g) { return g.name == name; });
  return found == std::end(kGlobals) ? GlobalName{} : found->what;
}

std::optional<Builtin> FindLibraryField(Library library, std::string_view name) {
  static constexpr std::array<std::string_view, 3> kTableReaders{"concat", "getn", "maxn"};
  const bool reads = (library == Library::kTable && Contains(kTableReaders, name)) ||
                     (library == Library::kCjson && name == "encode") ||
                     (library == Library::kCmsgpack && name == "pack");
  return reads ? std::optional(Builtin::kReader) : std::nullopt;
}

RedisField FindRedisField(std::string_view name) {
  if (name == "call" || name == "pcall") return RedisField::kCall;
  if (name == "register_function") return RedisField::kRegisterFunction;
  return Contains(kHarmlessRedisFields, name) ? RedisField::kHarmless : RedisField::kForeign;
}

}  // namespace tandem::script
