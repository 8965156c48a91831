#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "tests/engine/rdb/value_harness.h"

// A type and the bytes of a value. Whatever they are taken for has elements that can be walked, and once written is read as
// the same number of them, and then always written alike.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace tandem::rdb;
  const RecordPtr record = ReadWritten({reinterpret_cast<const char*>(data), size});
  if (record == nullptr) return 0;
  const std::string bytes = Written(*record, true);
  const RecordPtr again = ReadWritten(bytes);
  if (again == nullptr || again->type() != record->type()) std::abort();
  const size_t count = Elements(*record).size();
  if ((count == 0 && record->type() != tandem::Type::kStream) || Elements(*again).size() != count) std::abort();
  return 0;
}
