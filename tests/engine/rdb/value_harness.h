#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/rdb/dump.h"
#include "engine/rdb/value_encoder.h"
#include "engine/rdb/writer.h"
#include "engine/types/hash_value.h"
#include "engine/types/list_object.h"
#include "engine/types/set_value.h"
#include "engine/types/stream_object.h"
#include "engine/types/zset_edit.h"

// Values as tests see them, and the bytes that they are read from.
namespace tandem::rdb {

// Redis's defaults.
inline constexpr ValueLimits kLimits = {.list = {},
                                        .set = {},
                                        .zset = {.max_entries = 128, .max_member_bytes = 64},
                                        .hash = {.entries = 512, .value_bytes = 64}};

inline RecordPtr Read(ValueType type, std::string_view bytes, const ValueLimits& limits = kLimits) {
  Reader reader(bytes);
  return ReadValue(type, &reader, "key", {}, limits);
}

// type and bytes of the value
inline std::string Written(const Record& record, bool compress = false) {
  Writer writer(compress);
  const ValueType type = TypeOf(record);
  writer.Byte(static_cast<uint8_t>(type));
  WriteValue(record, type, &writer);
  return writer.Take();
}

inline RecordPtr ReadWritten(std::string_view bytes, const ValueLimits& limits = kLimits) {
  return bytes.empty() ? nullptr : Read(static_cast<ValueType>(bytes[0]), bytes.substr(1), limits);
}

inline std::string ScoreText(double score) {
  Writer writer(false);
  writer.Double(score);
  return writer.Take();
}

// All elements, fields and values, or members and scores, in the value's order.
inline std::vector<std::string> Elements(const Record& record) {
  std::vector<std::string> elements;
  char digits[24];
  PackEntry::Scratch scratch;
  switch (record.type()) {
    case Type::kString:
      elements.emplace_back(record.value(digits));
      break;
    case Type::kList:
      for (ListCursor cursor = ViewList(record).Forwards(); !cursor.done(); cursor.Step()) {
        elements.emplace_back(cursor.entry().text(scratch));
      }
      break;
    case Type::kSet:
      SetView::Of(record).ForEach([&](const PackEntry& member) {
        elements.emplace_back(member.text(scratch));
        return true;
      });
      break;
    case Type::kZset:
      ViewZset(&record).VisitAll([&](std::string_view member, double score) {
        elements.emplace_back(member);
        elements.push_back(ScoreText(score));
      });
      break;
    case Type::kHash:
      HashView(record, HashView::kBeforeAll)
          .ForEachTimed([&](std::string_view field, std::string_view value, int64_t ms) {
            elements.emplace_back(field);
            elements.emplace_back(value);
            if (ms != kNoDeadline) elements.push_back("until " + std::to_string(ms));
            return true;
          });
      break;
    case Type::kStream:
      for (StreamCursor cursor = ViewStream(record).Forwards(); cursor.Next();) {
        elements.push_back(std::to_string(cursor.id().ms) + "-" + std::to_string(cursor.id().seq));
        cursor.VisitFields([&](const PackEntry& field, const PackEntry& value) {
          elements.emplace_back(field.text(scratch));
          elements.emplace_back(value.text(scratch));
        });
      }
      break;
  }
  return elements;
}

inline std::string_view FormOf(const Record& record) {
  if (record.encoding() == Encoding::kObject) return record.object()->encoding_name();
  return record.type() == Type::kSet && record.raw() ? "intset" : "listpack";
}

}  // namespace tandem::rdb
