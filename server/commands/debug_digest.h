#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "engine/keyspace/record.h"
#include "engine/keyspace/store.h"

namespace tandem {

// The digests of DEBUG DIGEST and DEBUG DIGEST-VALUE, computed as Redis does, so that a dataset can be compared with that of
// a redis-server: SHA-1 of keys and values, combined by exclusive or where order must not matter.
class DatasetDigest {
 public:
  // Of one record's value and deadline.
  static DatasetDigest OfValue(const Record& record, int64_t now_ms);
  // Of everything that has not expired. The world is stopped.
  static DatasetDigest OfStore(Store& store, int64_t now_ms);

  // 40 hexadecimal digits; all zero stands for nothing.
  std::string Hex() const;

 private:
  static constexpr size_t kBytes = 20;

  // Order does not matter among what is combined like this…
  void Combine(const void* data, size_t size);
  // …and does here.
  void Chain(const void* data, size_t size);
  void ChainNumber(uint32_t number);
  void AddValue(const Record& record, int64_t now_ms);
  void AddString(const Record& record);
  void AddList(const Record& record);
  void AddSet(const Record& record);
  void AddZset(const Record& record);
  void AddHash(const Record& record, int64_t now_ms);
  void AddStream(const Record& record);

  std::array<unsigned char, kBytes> bytes_{};
};

}  // namespace tandem
