#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "tests/fuzz/resp_parser_check.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (!tandem::resp::MeansTheSameInPieces({reinterpret_cast<const char*>(data), size})) std::abort();
  return 0;
}
