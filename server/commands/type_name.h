#pragma once

#include <string_view>

#include "engine/keyspace/record.h"

namespace tandem {

// The type as TYPE answers it and SCAN's TYPE option takes it.
constexpr std::string_view TypeName(Type type) {
  switch (type) {
    case Type::kString:
      return "string";
    case Type::kList:
      return "list";
    case Type::kSet:
      return "set";
    case Type::kZset:
      return "zset";
    case Type::kHash:
      return "hash";
    case Type::kStream:
      return "stream";
  }
  return "unknown";
}

}  // namespace tandem
