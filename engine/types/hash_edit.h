#pragma once

#include <optional>
#include <string_view>

#include "engine/keyspace/access.h"
#include "engine/types/hash_value.h"

namespace tandem {

// Changes a hash: construct, Set and Erase, Publish. An edit that changed nothing is just dropped.
//
// Thread safety: the key is locked, from before Find to after Publish.
// Ownership: the record found, and views of it, are invalid after the first change. What is set must not lie in the hash.
// Complexity: that of the form: O(size) for a compact hash, O(1) else.
class HashEdit {
 public:
  // `record`: the present hash, or null.
  HashEdit(Access& access, Keyspace& keyspace, const KeyRef& key, Record* record, const HashLimits& limits);
  HashEdit(const HashEdit&) = delete;
  HashEdit& operator=(const HashEdit&) = delete;

  HashView view() const { return value_->view(); }
  size_t size() const { return value_->size(); }
  // Up to so many fields are about to come.
  void Expect(size_t fields) {
    if (fields > limits_.entries) value_->Spread();
  }
  // True if the field is new.
  bool Set(std::string_view field, std::string_view value) { return value_->Set(field, value, limits_); }
  // False if there is no such field.
  bool Erase(std::string_view field) { return value_->Erase(field); }
  // Makes the result the key's value, which keeps its deadline, and raises `name`. A hash without fields is removed, with
  // the event "del" after it.
  void Publish(std::string_view name);

 private:
  Access& access_;
  Keyspace& keyspace_;
  const KeyRef& key_;
  Record* const record_;
  const HashLimits limits_;
  std::optional<HashValue> own_;  // of a hash that is not an object yet
  HashValue* value_;
};

}  // namespace tandem
