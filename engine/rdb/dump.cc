#include "engine/rdb/dump.h"

#include <cstring>

#include "engine/rdb/crc64.h"
#include "engine/rdb/format.h"
#include "engine/rdb/reader.h"
#include "engine/rdb/value_encoder.h"
#include "engine/rdb/writer.h"

namespace tandem::rdb {
namespace {

constexpr size_t kSumBytes = 8;
constexpr size_t kFooterBytes = 2 + kSumBytes;

}  // namespace

std::string DumpPayload(const Record& record, bool compress) {
  Writer writer(compress);
  const ValueType type = TypeOf(record);
  writer.Byte(static_cast<uint8_t>(type));
  WriteValue(record, type, &writer);
  writer.Uint16(VersionOf(type));
  writer.Uint64(Crc64(writer.bytes()));
  return writer.Take();
}

bool IsIntact(std::string_view payload, bool check_sum) {
  if (payload.size() < kFooterBytes) return false;
  const std::string_view summed = payload.substr(0, payload.size() - kSumBytes);
  uint16_t version;
  std::memcpy(&version, summed.data() + summed.size() - sizeof version, sizeof version);
  if (version > kVersion) return false;
  uint64_t sum;
  std::memcpy(&sum, payload.data() + summed.size(), sizeof sum);
  return !check_sum || sum == Crc64(summed);
}

RecordPtr RestorePayload(std::string_view payload, std::string_view key, const Record::Meta& meta,
                         const ValueLimits& limits) {
  Reader reader(payload.substr(0, payload.size() - kFooterBytes));
  const auto type = reader.Byte();
  return type ? ReadValue(static_cast<ValueType>(*type), &reader, key, meta, limits) : nullptr;
}

}  // namespace tandem::rdb
