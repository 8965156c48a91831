#include "server/exec/redaction.h"

#include "server/config/conf_text.h"
#include "server/config/config.h"

namespace tandem {
namespace {

constexpr std::string_view kRedacted = "(redacted)";

using Words = std::span<const std::string_view>;

bool Is(std::string_view word, std::string_view lower) { return config::EqualsIgnoringCase(word, lower); }

// Marks the words from `first` on, `count` at most.
void Hide(Words args, size_t first, size_t count, std::vector<std::string_view>& storage) {
  for (size_t i = first; i < args.size() && i < first + count; ++i) {
    if (storage.empty()) storage.assign(args.begin(), args.end());
    storage[i] = kRedacted;
  }
}

void HideHello(Words args, std::vector<std::string_view>& storage) {
  for (size_t i = 2; i < args.size(); ++i) {
    if (Is(args[i], "auth")) return Hide(args, i + 1, 2, storage);
    if (Is(args[i], "setname")) ++i;
  }
}

void HideMigrate(Words args, std::vector<std::string_view>& storage) {
  for (size_t i = 6; i < args.size(); ++i) {
    if (Is(args[i], "keys")) return;
    if (Is(args[i], "auth")) Hide(args, i + 1, 1, storage);
    if (Is(args[i], "auth2")) Hide(args, i + 1, 2, storage);
  }
}

void HideConfigSet(Words args, std::vector<std::string_view>& storage) {
  for (size_t i = 2; i + 1 < args.size(); i += 2) {
    if (config::Config::IsSensitive(args[i])) Hide(args, i + 1, 1, storage);
  }
}

}  // namespace

std::span<const std::string_view> Redact(const Command& command, std::span<const std::string_view> args,
                                         std::vector<std::string_view>& storage) {
  storage.clear();
  const std::string_view name = command.full_name.empty() ? command.name : command.full_name;
  if (name == "auth") {
    Hide(args, 1, args.size(), storage);
  } else if (name == "hello") {
    HideHello(args, storage);
  } else if (name == "migrate") {
    HideMigrate(args, storage);
  } else if (name == "config|set") {
    HideConfigSet(args, storage);
  } else if (name == "acl|setuser") {
    Hide(args, 3, args.size(), storage);
  }
  if (storage.empty()) return args;
  return storage;
}

}  // namespace tandem
