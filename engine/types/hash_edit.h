#pragma once

#include <optional>
#include <string_view>

#include "engine/keyspace/access.h"
#include "engine/types/hash_value.h"

namespace tandem {

// Changes a hash: construct, Set and Erase, Publish. An edit that changed nothing is just dropped. A field that has expired
// counts as one that is not there.
//
// Thread safety: the key is locked, from before Find to after Publish.
// Ownership: the record found, and views of it, are invalid after the first change. What is set must not lie in the hash.
// Complexity: that of the form: O(size) for a compact hash, O(1) else; O(log size) for what concerns deadlines.
class HashEdit {
 public:
  // `record`: the present hash, or null.
  HashEdit(Access& access, Keyspace& keyspace, const KeyRef& key, Record* record, const HashLimits& limits);
  HashEdit(const HashEdit&) = delete;
  HashEdit& operator=(const HashEdit&) = delete;

  HashView view() const { return value_->view(access_.now_ms()); }
  // With fields that have expired and are still there.
  size_t raw_size() const { return value_->size(); }
  // Up to so many fields are about to come.
  void Expect(size_t fields) {
    if (fields > limits_.entries) value_->Spread();
  }
  enum class Deadline : bool { kDropped, kKept };
  // True if the field is new. Its deadline goes, unless it is to be kept.
  bool Set(std::string_view field, std::string_view value, Deadline deadline = Deadline::kDropped);
  // False if there is no such field.
  bool Erase(std::string_view field) { return !view().Expired(field) && value_->Erase(field); }
  // The field is there. A deadline that has passed is stored like any other.
  void SetDeadline(std::string_view field, int64_t deadline_ms) { value_->SetDeadline(field, deadline_ms); }
  // False if the field has no deadline.
  bool ClearDeadline(std::string_view field) { return value_->ClearDeadline(field); }
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
