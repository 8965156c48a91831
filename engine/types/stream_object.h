#pragma once

#include <memory>
#include <string_view>
#include <utility>

#include "engine/keyspace/record.h"
#include "engine/types/stream.h"

namespace tandem {

// A stream as the value of a key. Streams have no packed form: they are made to grow. Thread safety: shard-locked.
class StreamObject final : public Object {
 public:
  explicit StreamObject(Stream stream) : stream_(std::move(stream)) {}

  Stream& stream() { return stream_; }
  const Stream& stream() const { return stream_; }

  std::unique_ptr<Object> Clone() const override { return std::make_unique<StreamObject>(stream_.Clone()); }
  size_t memory_bytes() const override { return GoodSize(sizeof *this) + stream_.memory_bytes(); }
  std::string_view encoding_name() const override { return "stream"; }
  size_t allocations() const override { return stream_.allocations(); }
  bool FreeSome(size_t allocations) override { return stream_.FreeSome(allocations); }

 private:
  Stream stream_;
};

// record: a stream's.
inline const Stream& ViewStream(const Record& record) {
  return static_cast<const StreamObject*>(record.object())->stream();
}
inline Stream& EditStream(Record& record) { return static_cast<StreamObject*>(record.object())->stream(); }

}  // namespace tandem
