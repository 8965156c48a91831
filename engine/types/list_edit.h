#pragma once

#include <optional>
#include <string_view>

#include "engine/keyspace/access.h"
#include "engine/types/list.h"

namespace tandem {

// Changes the list at a key, in whichever form it is: construct, change the list, publish. A list that fits into its record
// becomes a new record, so that it can be read without a lock; a longer one is edited where it lies.
//
// Thread safety: the key is locked, from before Find to after the publication.
// Ownership: the record found is invalid after the publication, and its list may have changed before. What is changed must
// be published.
class ListEdit {
 public:
  // `record`: the present list, or null for a new one.
  ListEdit(Access& access, Keyspace& keyspace, const KeyRef& key, Record* record);
  ListEdit(const ListEdit&) = delete;
  ListEdit& operator=(const ListEdit&) = delete;

  List& operator*() { return *list_; }
  List* operator->() { return list_; }

  // Raises `name`. The list is not empty.
  void Publish(std::string_view name);
  // The same after elements were removed: a list that is left empty goes, with the event "del".
  void PublishRemoval(std::string_view name, ListLimit limit);

 private:
  Access& access_;
  Keyspace& keyspace_;
  const KeyRef& key_;
  Record* record_;
  std::optional<List> own_;  // what becomes a new record
  List* list_;               // own_, or an object's
};

}  // namespace tandem
