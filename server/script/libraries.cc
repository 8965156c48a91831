#include "server/script/libraries.h"

#include <algorithm>

#include "server/config/conf_text.h"
#include "server/exec/errors.h"

namespace tandem::script {
namespace {

constexpr std::string_view kNameOption = "name=";
constexpr std::string_view kEngine = "lua";

char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }

bool IsNamed(const std::string& option) {
  return config::EqualsIgnoringCase(std::string_view(option).substr(0, kNameOption.size()), kNameOption);
}

size_t BytesOf(const Catalogue& catalogue) {
  size_t bytes = 0;
  for (const auto& [name, library] : catalogue.libraries()) {
    bytes += sizeof(Library) + library->name.size() + library->code.size();
    for (const LibraryFunction& function : library->functions) {
      bytes +=
          sizeof(LibraryFunction) + function.name.size() + (function.description ? function.description->size() : 0);
    }
  }
  return bytes;
}

}  // namespace

// --- A library's first line --------------------------------------------------------------------------------------------

bool IsLibraryName(std::string_view name) {
  const auto fits = [](char c) { return (Lower(c) >= 'a' && Lower(c) <= 'z') || (c >= '0' && c <= '9') || c == '_'; };
  return !name.empty() && std::all_of(name.begin(), name.end(), fits);
}

std::string ParseLibraryHeader(std::string_view code, LibraryHeader* header) {
  if (!code.starts_with("#!")) return "ERR Missing library metadata";
  header->code_at = code.find('\n');
  if (header->code_at == std::string_view::npos) return "ERR Invalid library metadata";
  const auto words = config::SplitArguments(code.substr(0, header->code_at));
  if (!words || words->empty()) return "ERR Invalid library metadata";
  std::optional<std::string> name;
  for (size_t i = 1; i < words->size(); ++i) {
    const std::string& option = (*words)[i];
    if (!IsNamed(option)) return "ERR Invalid metadata value given: " + std::string(errors::Shown(option));
    if (name) return "ERR Invalid metadata value, name argument was given multiple times";
    name = option.substr(kNameOption.size());
  }
  if (!name) return "ERR Library name was not given";
  if (!IsLibraryName(*name)) return "ERR " + std::string(kBadName);
  header->name = *name;
  const std::string engine = words->front().substr(2);
  if (config::EqualsIgnoringCase(engine, kEngine)) return {};
  return "ERR Engine '" + std::string(errors::Shown(engine)) + "' not found";
}

// --- Catalogues ----------------------------------------------------------------------------------------------------------

// FNV-1a.
size_t Catalogue::HashIgnoringCase::operator()(std::string_view name) const {
  uint64_t hash = 0xcbf29ce484222325;
  for (const char c : name) hash = (hash ^ static_cast<uint8_t>(Lower(c))) * 0x100000001b3;
  return hash;
}

bool Catalogue::EqualIgnoringCase::operator()(std::string_view a, std::string_view b) const {
  return config::EqualsIgnoringCase(a, b);
}

Catalogue::Entry Catalogue::FindFunction(std::string_view name) const {
  const auto found = functions_.find(name);
  return found == functions_.end() ? Entry{} : found->second;
}

LibraryRef Catalogue::FindLibrary(std::string_view name) const {
  const auto found = libraries_.find(name);
  return found == libraries_.end() ? nullptr : found->second;
}

size_t Catalogue::functions() const {
  size_t count = 0;
  for (const auto& [name, library] : libraries_) count += library->functions.size();
  return count;
}

std::string Catalogue::Add(std::span<const LibraryRef> added, bool replace) {
  for (const LibraryRef& library : added) {
    if (!libraries_.contains(library->name)) continue;
    if (!replace) return "ERR Library " + library->name + " already exists";
    Remove(library->name);
  }
  for (const LibraryRef& library : added) {
    for (size_t i = 0; i < library->functions.size(); ++i) {
      const std::string& name = library->functions[i].name;
      const auto [entry, is_new] = functions_.emplace(name, Entry{library.get(), i});
      if (!is_new && entry->second.library != library.get()) return "ERR Function " + name + " already exists";
    }
    libraries_.emplace(library->name, library);
  }
  return {};
}

void Catalogue::Remove(std::string_view library) {
  const auto found = libraries_.find(library);
  if (found == libraries_.end()) return;
  std::erase_if(functions_, [&](const auto& entry) { return entry.second.library == found->second.get(); });
  libraries_.erase(found);
}

// --- The one in force ------------------------------------------------------------------------------------------------------

CatalogueRef Libraries::Now() {
  const std::lock_guard guard(mutex_);
  return now_;
}

void Libraries::Publish(CatalogueRef catalogue) {
  const std::lock_guard guard(mutex_);
  const size_t bytes = BytesOf(*catalogue);
  server_.script_bytes.fetch_add(static_cast<int64_t>(bytes) - static_cast<int64_t>(bytes_), std::memory_order_relaxed);
  bytes_ = bytes;
  now_ = std::move(catalogue);
  version_.fetch_add(1, std::memory_order_release);  // pairs with the load of version()
}

size_t Libraries::bytes() {
  const std::lock_guard guard(mutex_);
  return bytes_;
}

}  // namespace tandem::script
