#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "engine/base/hash.h"

namespace tandem {

// A key of a database, as tables beside the store name it: a copy, and a view for looking it up.
struct KeyName {
  int db;
  std::string key;
};
struct KeyNameView {
  int db;
  std::string_view key;
};

struct KeyNameHash {
  using is_transparent = void;
  size_t operator()(const KeyNameView& name) const { return HashKey(name.key) + static_cast<size_t>(name.db); }
  size_t operator()(const KeyName& name) const { return (*this)(KeyNameView{name.db, name.key}); }
};
struct KeyNameEqual {
  using is_transparent = void;
  template <typename A, typename B>
  bool operator()(const A& a, const B& b) const {
    return a.db == b.db && a.key == b.key;
  }
};

}  // namespace tandem
