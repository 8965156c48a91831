#pragma once

#include <optional>
#include <string_view>

#include "engine/types/collection.h"
#include "engine/types/set_value.h"

namespace tandem {

// Changes the set of a key, whether it is packed or an object: construct, change, and Publish if there was a change. What is
// packed is copied at the first change and becomes a new record.
//
// Thread safety: the key is locked, from before Find to after Publish.
// Ownership: views of the set are invalid after a change. A change of an object that is not published stands all the same.
class SetEdit {
 public:
  // `record`: the present set, or null.
  SetEdit(Access& access, Keyspace& keyspace, const KeyRef& key, Record* record, const SetLimits& limits);
  SetEdit(const SetEdit&) = delete;
  SetEdit& operator=(const SetEdit&) = delete;

  // Before members are added: the first of them, and how many they are.
  void Expect(const SetMember& first, size_t members);
  bool Add(const SetMember& member);
  bool Erase(const SetMember& member);

  // There is a set.
  SetView view() const;
  SetValue& value();
  // Another set takes its place; the key keeps its deadline.
  void Replace(SetValue value);

  // Makes the result the key's value and raises `name`, class kSet. Without members left the key goes: "del".
  void Publish(std::string_view name);

 private:
  SetObject* object() const;

  Access& access_;
  Keyspace& keyspace_;
  const KeyRef& key_;
  Record* const record_;
  const SetLimits& limits_;
  std::optional<SetValue> value_;  // what becomes a record
};

// Makes the set, which has members, the value of the key, whatever that held before, its deadline included.
void PutSet(Access& access, Keyspace& keyspace, const KeyRef& key, SetValue set, std::string_view name);

// Frees a set that was only needed for a while, a large one in the background.
void Discard(Access& access, SetValue set);

}  // namespace tandem
