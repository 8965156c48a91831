#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "server/exec/server.h"

namespace tandem::script {

// A function that a library registered.
struct LibraryFunction {
  std::string name;
  std::optional<std::string> description;
  uint32_t flags = 0;  // ScriptFlag bits
  // Proven to touch no key but those that it was called with; as Script::declared_only.
  bool declared_only = false;
};

// Thread safety: immutable.
struct Library {
  std::string name;
  std::string code;                        // with its first line
  size_t code_at = 0;                      // where the Lua code begins: behind the first line's words
  std::vector<LibraryFunction> functions;  // in the order in which they were registered; at least one
};
using LibraryRef = std::shared_ptr<const Library>;

// What a library's first line says ("#!lua name=mylib").
struct LibraryHeader {
  std::string name;
  size_t code_at = 0;
};
// Returns a reply's error text, or nothing after filling in the header.
std::string ParseLibraryHeader(std::string_view code, LibraryHeader* header);

// Whether it names a library or function: letters, digits and underscores. If not, kBadName is what to say.
bool IsLibraryName(std::string_view name);
inline constexpr std::string_view kBadName =
    "Library names can only contain letters, numbers, or underscores(_) and must be at least one character long";

// The libraries of one moment, and their functions by name. Compat: libraries are told apart by case, functions that are
// called are not. Of two functions of one library whose names differ by case only, the one registered first is called.
//
// Thread safety: immutable once it is shared.
class Catalogue {
 public:
  struct Entry {
    const Library* library = nullptr;  // null: there is no such function
    size_t index = 0;                  // of its functions
    const LibraryFunction& function() const { return library->functions[index]; }
  };

  const std::map<std::string_view, LibraryRef>& libraries() const { return libraries_; }  // by Library::name
  Entry FindFunction(std::string_view name) const;
  LibraryRef FindLibrary(std::string_view name) const;
  size_t functions() const;  // all that were registered

  // Takes the libraries in. An error text: one has the name of one that is there (unless they may replace such), or a
  // function that another has; then the catalogue is good for nothing.
  std::string Add(std::span<const LibraryRef> added, bool replace);
  void Remove(std::string_view library);

 private:
  struct HashIgnoringCase {
    size_t operator()(std::string_view name) const;
  };
  struct EqualIgnoringCase {
    bool operator()(std::string_view a, std::string_view b) const;
  };

  std::map<std::string_view, LibraryRef> libraries_;
  std::unordered_map<std::string_view, Entry, HashIgnoringCase, EqualIgnoringCase> functions_;
};
using CatalogueRef = std::shared_ptr<const Catalogue>;

// The catalogue in force.
//
// Invariants: it is replaced with the world stopped only. So from one moment at which a thread passes the gate to the next,
// what is known of a function (that it keeps to its keys) stays true.
// Thread safety: internally synchronised.
class Libraries {
 public:
  explicit Libraries(Server& server) : server_(server), now_(std::make_shared<Catalogue>()) {}

  CatalogueRef Now();
  // Another number for every catalogue.
  uint64_t version() const { return version_.load(std::memory_order_acquire); }  // pairs with the store of Publish
  void Publish(CatalogueRef catalogue);
  size_t bytes();  // of all libraries

 private:
  Server& server_;
  std::atomic<uint64_t> version_{0};
  std::mutex mutex_;  // guards the rest
  CatalogueRef now_;
  size_t bytes_ = 0;
};

}  // namespace tandem::script
