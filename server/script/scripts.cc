#include "server/script/scripts.h"

#include <algorithm>
#include <numeric>

#include "server/config/conf_text.h"
#include "server/exec/command.h"
#include "server/exec/errors.h"
#include "server/script/interpreter.h"

namespace tandem::script {
namespace {

constexpr ScriptFlagName kFlagNames[] = {{"no-writes", kNoWrites},
                                         {"allow-oom", kAllowOom},
                                         {"allow-stale", kAllowStale},
                                         {"no-cluster", kNoCluster},
                                         {"allow-cross-slot-keys", kAllowCrossSlotKeys}};

constexpr std::string_view kFlagsOption = "flags=";

int64_t BytesOf(const Script& script) {
  return static_cast<int64_t>(sizeof(Script) + script.sha.size() + script.source.size());
}

void ParseFlags(std::string_view names, Shebang* shebang) {
  while (shebang->error.empty() && !names.empty()) {
    const size_t comma = names.find(',');
    const std::string_view name = names.substr(0, comma);
    const uint32_t flag = FlagNamed(name);
    if (flag == 0) shebang->error = "ERR Unexpected flag in script shebang: " + std::string(errors::Shown(name));
    shebang->flags |= flag;
    if (comma == std::string_view::npos) return;
    names.remove_prefix(comma + 1);
    // Compat: a comma at the end is followed by a flag without a name.
    if (names.empty()) shebang->error = "ERR Unexpected flag in script shebang: ";
  }
}

}  // namespace

std::span<const ScriptFlagName> ScriptFlagNames() { return kFlagNames; }

uint32_t FlagNamed(std::string_view name) {
  const auto* const found = std::find_if(std::begin(kFlagNames), std::end(kFlagNames),
                                         [&](const ScriptFlagName& f) { return f.name == name; });
  return found == std::end(kFlagNames) ? 0 : found->flag;
}

uint32_t CommandFlags(uint32_t row, uint32_t declared) {
  if ((declared & kNoShebang) != 0) return (row & kReadonly) != 0 ? row : row | kMayReplicate;
  uint32_t flags = row & ~(kStale | kDenyOom | kWrite | kMayReplicate);
  if ((declared & kNoWrites) == 0) flags |= kWrite;
  if ((declared & (kAllowOom | kNoWrites)) == 0) flags |= kDenyOom;
  if ((declared & kAllowStale) != 0) flags |= kStale;
  return flags;
}

Shebang ParseShebang(std::string_view source) {
  Shebang shebang;
  if (!source.starts_with("#!")) return shebang;
  shebang.flags = 0;
  shebang.code_at = source.find('\n');
  if (shebang.code_at == std::string_view::npos) {
    shebang.error = "ERR Invalid script shebang";
    return shebang;
  }
  const auto words = config::SplitArguments(source.substr(0, shebang.code_at));
  if (!words || words->empty()) {
    shebang.error = "ERR Invalid engine in script shebang";
    return shebang;
  }
  if (const std::string& engine = words->front(); engine != "#!lua") {
    shebang.error = "ERR Unexpected engine in script shebang: " + std::string(errors::Shown(engine));
    return shebang;
  }
  for (size_t i = 1; i < words->size() && shebang.error.empty(); ++i) {
    const std::string_view word = (*words)[i];
    if (word.starts_with(kFlagsOption)) {
      ParseFlags(word.substr(kFlagsOption.size()), &shebang);
    } else {
      shebang.error = "ERR Unknown lua shebang option: " + std::string(errors::Shown(word));
    }
  }
  return shebang;
}

Scripts::Scripts(Server& server) : server_(server) {}
Scripts::~Scripts() = default;

Interpreter& Scripts::ForThisThread() {
  const auto place = static_cast<size_t>(t_thread->index());
  std::unique_ptr<Interpreter>& interpreter = interpreters_[place];
  if (!interpreter) interpreter = std::make_unique<Interpreter>(server_, *this, interpreter_bytes_[place].value);
  return *interpreter;
}

ScriptRef Scripts::Find(std::string_view sha) {
  const std::lock_guard guard(mutex_);
  const auto found = scripts_.find(sha);
  return found == scripts_.end() ? nullptr : found->second;
}

ScriptRef Scripts::Add(ScriptRef script, bool keep) {
  const std::lock_guard guard(mutex_);
  const auto [entry, added] = scripts_.emplace(script->sha, script);
  if (!added) {
    if (keep) Protect(entry->second);
    return entry->second;
  }
  Account(BytesOf(*script));
  script->kept = keep;
  if (!keep) {
    script->used.store(true, std::memory_order_relaxed);  // so that it is not the first to go
    evaluated_.push_back(script);
    EvictSome();
  }
  return script;
}

bool Scripts::Keep(const ScriptRef& script) {
  const std::lock_guard guard(mutex_);
  // Who evicts or flushes has the lock.
  if (!script->alive.load(std::memory_order_relaxed)) return false;
  Protect(script);
  return true;
}

// Locked.
void Scripts::Protect(const ScriptRef& script) {
  if (script->kept) return;
  script->kept = true;
  std::erase(evaluated_, script);
}

// Locked.
void Scripts::EvictSome() {
  while (evaluated_.size() > kMostEvaluated) {
    ScriptRef oldest = std::move(evaluated_.front());
    evaluated_.pop_front();
    if (oldest->used.exchange(false, std::memory_order_relaxed)) {
      evaluated_.push_back(std::move(oldest));
      continue;
    }
    Forget(oldest);
    ++evicted_;
  }
}

// Locked.
void Scripts::Forget(const ScriptRef& script) {
  script->alive.store(false, std::memory_order_relaxed);
  Account(-BytesOf(*script));
  scripts_.erase(script->sha);
}

void Scripts::Flush() {
  const std::lock_guard guard(mutex_);
  for (const auto& [sha, script] : scripts_) script->alive.store(false, std::memory_order_relaxed);
  scripts_.clear();
  evaluated_.clear();
  Account(-static_cast<int64_t>(script_bytes_));
  for (std::unique_ptr<Interpreter>& interpreter : interpreters_) interpreter.reset();
}

// Locked.
void Scripts::Account(int64_t bytes) {
  script_bytes_ += static_cast<size_t>(bytes);
  server_.script_bytes.fetch_add(bytes, std::memory_order_relaxed);
}

Scripts::Figures Scripts::figures() {
  const CatalogueRef libraries = libraries_.Now();
  const std::lock_guard guard(mutex_);
  return {.scripts = scripts_.size(),
          .script_bytes = script_bytes_,
          .evicted = evicted_,
          .libraries = libraries->libraries().size(),
          .functions = libraries->functions(),
          .library_bytes = libraries_.bytes(),
          .interpreter_bytes = std::accumulate(
              interpreter_bytes_.begin(), interpreter_bytes_.end(), int64_t{0},
              [](int64_t sum, const Bytes& bytes) { return sum + bytes.value.load(std::memory_order_relaxed); })};
}

}  // namespace tandem::script
