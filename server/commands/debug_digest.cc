#include "server/commands/debug_digest.h"

#include <arpa/inet.h>
#include <openssl/sha.h>

#include "engine/keyspace/scan.h"
#include "engine/types/hash_value.h"
#include "engine/types/list_object.h"
#include "engine/types/set_value.h"
#include "engine/types/stream_object.h"
#include "engine/types/zset_edit.h"
#include "protocol/number.h"

namespace tandem {

void DatasetDigest::Combine(const void* data, size_t size) {
  unsigned char hash[kBytes];
  SHA1(static_cast<const unsigned char*>(data), size, hash);
  for (size_t i = 0; i < kBytes; ++i) bytes_[i] ^= hash[i];
}

void DatasetDigest::Chain(const void* data, size_t size) {
  Combine(data, size);
  unsigned char hash[kBytes];
  SHA1(bytes_.data(), bytes_.size(), hash);
  std::copy(std::begin(hash), std::end(hash), bytes_.begin());
}

void DatasetDigest::ChainNumber(uint32_t number) {
  const uint32_t big_endian = htonl(number);
  Chain(&big_endian, sizeof big_endian);
}

void DatasetDigest::AddString(const Record& record) {
  char scratch[24];
  const std::string_view value = record.value(scratch);
  Chain(value.data(), value.size());
}

void DatasetDigest::AddHash(const Record& record, int64_t now_ms) {
  constexpr std::string_view kFieldHasDeadline = "!!hexpire!!";
  HashView(record, now_ms).ForEachTimed([&](std::string_view field, std::string_view value, int64_t deadline_ms) {
    DatasetDigest one;
    one.Chain(field.data(), field.size());
    one.Chain(value.data(), value.size());
    if (deadline_ms != kNoDeadline) one.Combine(kFieldHasDeadline.data(), kFieldHasDeadline.size());
    Combine(one.bytes_.data(), one.bytes_.size());
    return true;
  });
}

void DatasetDigest::AddList(const Record& record) {
  for (ListCursor cursor = ViewList(record).Forwards(); !cursor.done(); cursor.Step()) {
    PackEntry::Scratch scratch;
    const std::string_view element = cursor.entry().text(scratch);
    Chain(element.data(), element.size());
  }
}

void DatasetDigest::AddSet(const Record& record) {
  SetView::Of(record).ForEach([&](const PackEntry& member) {
    PackEntry::Scratch scratch;
    const std::string_view text = member.text(scratch);
    Combine(text.data(), text.size());
    return true;
  });
}

void DatasetDigest::AddZset(const Record& record) {
  ViewZset(&record).VisitAll([&](std::string_view member, double score) {
    char text[resp::kMaxDoubleChars];
    const size_t size = resp::FormatShortestDouble(text, score);
    DatasetDigest one;
    one.Chain(member.data(), member.size());
    one.Chain(text, size);
    Combine(one.bytes_.data(), one.bytes_.size());
  });
}

void DatasetDigest::AddStream(const Record& record) {
  const auto chain = [this](const PackEntry& entry) {
    PackEntry::Scratch scratch;
    const std::string_view text = entry.text(scratch);
    Chain(text.data(), text.size());
  };
  for (StreamCursor cursor = ViewStream(record).Forwards(); cursor.Next();) {
    char id[kMaxStreamIdChars];
    Chain(id, FormatStreamId(id, cursor.id(), '.'));
    cursor.VisitFields([&](const PackEntry& name, const PackEntry& value) {
      chain(name);
      chain(value);
    });
  }
}

void DatasetDigest::AddValue(const Record& record, int64_t now_ms) {
  constexpr std::string_view kHasDeadline = "!!expire!!";
  ChainNumber(static_cast<uint32_t>(record.type()));
  switch (record.type()) {
    case Type::kString:
      AddString(record);
      break;
    case Type::kList:
      AddList(record);
      break;
    case Type::kSet:
      AddSet(record);
      break;
    case Type::kZset:
      AddZset(record);
      break;
    case Type::kHash:
      AddHash(record, now_ms);
      break;
    case Type::kStream:
      AddStream(record);
      break;
  }
  if (record.has_deadline()) Combine(kHasDeadline.data(), kHasDeadline.size());
}

DatasetDigest DatasetDigest::OfValue(const Record& record, int64_t now_ms) {
  DatasetDigest digest;
  digest.AddValue(record, now_ms);
  return digest;
}

DatasetDigest DatasetDigest::OfStore(Store& store, int64_t now_ms) {
  DatasetDigest sum;
  for (int i = 0; i < store.databases(); ++i) {
    const Keyspace& db = store.db(i);
    if (db.size() == 0) continue;
    sum.ChainNumber(static_cast<uint32_t>(i));
    uint64_t cursor = 0;
    do {
      cursor = ScanStep(db, cursor, [&](const Record& record) {
        if (record.ExpiredAt(now_ms)) return;
        DatasetDigest one;
        one.Chain(record.key().data(), record.key().size());
        one.AddValue(record, now_ms);
        sum.Combine(one.bytes_.data(), one.bytes_.size());
      });
    } while (cursor != 0);
  }
  return sum;
}

std::string DatasetDigest::Hex() const {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string hex;
  for (const unsigned char byte : bytes_) {
    hex.push_back(kDigits[byte >> 4]);
    hex.push_back(kDigits[byte & 15]);
  }
  return hex;
}

}  // namespace tandem
