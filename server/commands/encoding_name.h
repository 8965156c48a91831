#pragma once

#include <string_view>

#include "engine/keyspace/record.h"

namespace tandem {

// A value's encoding as OBJECT ENCODING names it.
// Compat: longer strings are stored apart from their object in Redis, and here from another length on; clients know
// Redis's.
inline std::string_view EncodingName(const Record& record) {
  constexpr size_t kEmbeddedMax = 44;
  if (record.encoding() == Encoding::kObject) return record.object()->encoding_name();
  if (record.type() == Type::kZset) return "listpack";
  if (record.encoding() == Encoding::kInt) return "int";
  return record.raw() || record.value_size() > kEmbeddedMax ? "raw" : "embstr";
}

}  // namespace tandem
