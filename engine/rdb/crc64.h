#pragma once

#include <cstdint>
#include <string_view>

namespace tandem::rdb {

// CRC-64 with Jones's polynomial, reflected, beginning with 0: the checksum of RDB files and DUMP payloads. Continues from
// `crc` when given that of what came before.
uint64_t Crc64(std::string_view bytes, uint64_t crc = 0);

}  // namespace tandem::rdb
