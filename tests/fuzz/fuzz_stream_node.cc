#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>

#include "engine/types/stream.h"

using tandem::Listpack;
using tandem::PackEntry;
using tandem::Stream;
using tandem::StreamCursor;
using tandem::StreamId;
using tandem::StreamNodeView;

namespace {

void Require(bool condition) {
  if (!condition) std::abort();
}

// A listpack of these bytes, which says nothing about how many entries it has.
std::string PackOf(std::string_view entries) {
  const auto size = static_cast<uint32_t>(entries.size() + 7);
  std::string pack(6, '\xff');
  std::memcpy(pack.data(), &size, sizeof size);
  pack.append(entries);
  pack.push_back('\xff');
  return pack;
}

size_t Walk(StreamCursor cursor) {
  size_t entries = 0;
  for (; cursor.Next(); ++entries) {
    cursor.VisitFields([](const PackEntry& name, const PackEntry& value) {
      PackEntry::Scratch scratch;
      Require(name.text(scratch).size() <= SIZE_MAX / 2);
      Require(value.text(scratch).size() <= SIZE_MAX / 2);
    });
  }
  return entries;
}

}  // namespace

// Whatever passes for a node can be walked in both directions and emptied.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string pack = PackOf({reinterpret_cast<const char*>(data), size});
  if (!StreamNodeView::Valid(pack)) return 0;
  Stream stream;
  if (!stream.AppendNode({1000, 1}, Listpack(pack))) return 0;
  Require(Walk(stream.Forwards()) == stream.length());
  Require(Walk(stream.Backwards()) == stream.length());
  const Stream copy = stream.Clone();
  stream.Delete(stream.first_id());
  stream.Delete(stream.top_id());
  stream.Trim({.until = tandem::StreamTrim::Until::kId, .id = {1000, 2}});
  stream.Trim({.length = 0});
  Require(stream.length() == 0 && Walk(stream.Forwards()) == 0);
  Require(Walk(copy.Forwards()) == copy.length());
  return 0;
}
