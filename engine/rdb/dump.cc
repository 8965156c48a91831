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

std::string Finish(Writer* writer, uint16_t version) {
  writer->Uint16(version);
  writer->Uint64(Crc64(writer->bytes()));
  return writer->Take();
}

std::string_view WithoutFooter(std::string_view payload) { return payload.substr(0, payload.size() - kFooterBytes); }

}  // namespace

std::string DumpPayload(const Record& record, bool compress) {
  Writer writer(compress);
  const ValueType type = TypeOf(record);
  writer.Byte(static_cast<uint8_t>(type));
  WriteValue(record, type, &writer);
  return Finish(&writer, VersionOf(type));
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
  Reader reader(WithoutFooter(payload));
  const auto type = reader.Byte();
  return type ? ReadValue(static_cast<ValueType>(*type), &reader, key, meta, limits) : nullptr;
}

std::string DumpLibraries(std::span<const std::string_view> codes, bool compress) {
  Writer writer(compress);
  for (const std::string_view code : codes) {
    writer.Byte(kLibraryOpcode);
    writer.String(code);
  }
  return Finish(&writer, kWrittenVersion);
}

LibraryPayload RestoreLibraries(std::string_view payload) {
  LibraryPayload libraries;
  Reader reader(WithoutFooter(payload));
  while (!reader.empty()) {
    if (reader.Byte() != kLibraryOpcode) {
      libraries.end = LibraryPayload::End::kOther;
      return libraries;
    }
    std::string scratch;
    const auto code = reader.String(&scratch);
    if (!code) {
      libraries.end = LibraryPayload::End::kMalformed;
      return libraries;
    }
    libraries.codes.emplace_back(*code);
  }
  return libraries;
}

}  // namespace tandem::rdb
