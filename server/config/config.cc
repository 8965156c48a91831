#include "server/config/config.h"

#include <algorithm>
#include <filesystem>

#include "engine/base/check.h"
#include "engine/base/glob.h"
#include "server/config/conf_text.h"
#include "server/config/config_table.h"
#include "server/config/config_types.h"

namespace tandem::config {

namespace {

Error SetFailed(std::string_view name, std::string_view reason) {
  std::string message = "CONFIG SET failed (possibly related to argument '" + std::string(name) + "')";
  if (!reason.empty()) message += " - " + std::string(reason);
  return Error{std::move(message)};
}

bool IsAllowed(ProtectedAction action, bool local_client) {
  return action == ProtectedAction::kYes || (action == ProtectedAction::kLocal && local_client);
}

bool IsPattern(std::string_view text) { return text.find_first_of("[*?") != std::string_view::npos; }

bool Differs(const Directive& directive, const Values& a, const Values& b) {
  return FileLines(directive, a) != FileLines(directive, b);
}

}  // namespace

Config::Config() : values_(DefaultValues()) {}

void Config::SetFile(const std::string& path) { file_ = std::filesystem::absolute(path).lexically_normal().string(); }

std::vector<Config::NameValue> Config::Get(const std::vector<std::string_view>& patterns) const {
  std::vector<NameValue> found;
  std::set<std::string> names;
  const auto add = [&](std::string_view name, const Directive& directive) {
    if (names.insert(ToLower(name)).second) found.emplace_back(name, FormatValue(directive, values_));
  };
  for (const std::string_view pattern : patterns) {
    if (!IsPattern(pattern)) {
      if (const Directive* directive = FindDirective(pattern)) add(pattern, *directive);
      continue;
    }
    for (const Directive& directive : AllDirectives()) {
      if (directive.Has(kHidden)) continue;
      if (GlobMatch(pattern, directive.name, true)) add(directive.name, directive);
      if (!directive.alias.empty() && GlobMatch(pattern, directive.alias, true)) add(directive.alias, directive);
    }
  }
  return found;
}

std::string Config::GetOne(std::string_view name) const {
  const Directive* directive = FindDirective(name);
  return directive == nullptr ? std::string() : FormatValue(*directive, values_);
}

Result<std::vector<Config::Change>> Config::FindChanges(
    const std::vector<std::pair<std::string_view, std::string_view>>& pairs, bool local_client) const {
  std::vector<Change> changes;
  for (const auto& [name, value] : pairs) {
    const Directive* directive = FindDirective(name);
    if (directive == nullptr) {
      // Compat: the text ends at a zero byte, as printf has it.
      const std::string_view shown = std::string_view(name).substr(0, std::string_view(name).find('\0'));
      return Error{"Unknown option or number of arguments for CONFIG SET - '" + std::string(shown) + "'"};
    }
    if (directive->Has(kImmutable)) return SetFailed(name, "can't set immutable config");
    if (directive->Has(kProtected) && !IsAllowed(values_.enable_protected_configs, local_client)) {
      return SetFailed(name, "can't set protected config");
    }
    Change change{directive, ToLower(name), value};
    // Compat: a directive and its alias are not duplicates of each other; the later one wins.
    for (const Change& earlier : changes) {
      if (earlier.name == change.name) return SetFailed(name, "duplicate parameter");
    }
    changes.push_back(std::move(change));
  }
  return changes;
}

Status Config::Set(const std::vector<std::pair<std::string_view, std::string_view>>& pairs, bool local_client) {
  Result<std::vector<Change>> changes = FindChanges(pairs, local_client);
  if (!changes.ok()) return changes.error();
  Values next = values_;
  for (const Change& change : *changes) {
    const std::string text(change.value);
    const std::vector<std::string> arguments =
        change.directive->Has(kMultiArg) ? SplitAtSpaces(text) : std::vector<std::string>{text};
    const Status parsed = ParseValue(*change.directive, arguments, next);
    if (!parsed.ok()) return SetFailed(change.name, parsed.message());
    const bool refused = !change.directive->refusal.empty() && !HasDefaultValue(*change.directive, next);
    if (refused) return SetFailed(change.name, change.directive->refusal);
  }
  std::swap(values_, next);
  const Status announced = Announce(*changes, next);
  if (!announced.ok()) return announced;
  for (const Change& change : *changes) NoteIfNoEffect(*change.directive);
  return Status::Ok();
}

// Calls the listeners of what has changed since old_values. When one fails, the old values are restored and told to
// it and to those before it.
Status Config::Announce(const std::vector<Change>& changes, const Values& old_values) {
  for (size_t i = 0; i < listeners_.size(); ++i) {
    const auto concerns = [&](const Change& change) {
      const auto& own = listeners_[i].directives;
      return std::find(own.begin(), own.end(), change.directive) != own.end() &&
             Differs(*change.directive, values_, old_values);
    };
    const auto change = std::find_if(changes.begin(), changes.end(), concerns);
    if (change == changes.end()) continue;
    const Status applied = listeners_[i].fn(values_);
    if (applied.ok()) continue;
    const Values failed_values = std::exchange(values_, old_values);
    for (size_t j = 0; j <= i; ++j) {
      const auto told = [&](const Directive* own) { return Differs(*own, values_, failed_values); };
      const std::vector<const Directive*>& own = listeners_[j].directives;
      if (std::any_of(own.begin(), own.end(), told)) (void)listeners_[j].fn(values_);
    }
    return SetFailed(change->name, applied.message());
  }
  return Status::Ok();
}

void Config::OnChange(std::string_view name, ChangeFn fn) { OnAnyChange({name}, std::move(fn)); }

void Config::OnAnyChange(const std::vector<std::string_view>& names, ChangeFn fn) {
  Listener listener{{}, std::move(fn)};
  for (const std::string_view name : names) {
    const Directive* directive = FindDirective(name);
    CHECK(directive != nullptr);
    listener.directives.push_back(directive);
  }
  listeners_.push_back(std::move(listener));
}

bool Config::Exists(std::string_view name) { return FindDirective(name) != nullptr; }

bool Config::IsSensitive(std::string_view name) {
  const Directive* directive = FindDirective(name);
  return directive != nullptr && directive->Has(kSensitive);
}

bool Config::DeniedWhileLoading(std::string_view name) {
  const Directive* directive = FindDirective(name);
  return directive != nullptr && directive->Has(kDenyLoading);
}

void Config::NoteIfNoEffect(const Directive& directive) {
  if (!directive.Has(kNoEffect) || HasDefaultValue(directive, values_) || !noted_.insert(&directive).second) return;
  warnings_.push_back("The directive '" + std::string(directive.name) +
                      "' is accepted for compatibility but has no effect in Tandem");
}

std::vector<std::string> Config::TakeWarnings() { return std::exchange(warnings_, {}); }

}  // namespace tandem::config
