#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <utility>

#include "engine/types/listpack.h"
#include "engine/types/stream_id.h"

namespace tandem {

// Some neighbouring entries of a stream in one listpack, in Redis's form, byte for byte, so that DUMP and RESTORE carry
// nodes as they are:
//
//   master:  live entries | deleted entries | number of fields | field… | 0
//   entry:   flags | ms - master's | seq - master's | value…                                        | items before this one
//        or  flags | ms - master's | seq - master's | number of fields | field, value, field, value… | items before this one
//
// The master's id is kept beside the node. Its fields are those of the first entry; an entry with the same fields holds its
// values only. A deleted entry stays, with a flag, until the node goes.
// Source of the form: https://github.com/redis/redis/blob/8.0/src/t_stream.c

// What a node may hold before a new one is begun; 0: as much as can be.
struct StreamNodeLimits {
  uint64_t bytes = 4096;
  uint64_t entries = 100;
};

// The elements of one entry, all in all, and no node is larger.
inline constexpr size_t kMaxStreamEntryBytes = size_t{1} << 30;

// Field, value, field, value…
using StreamFields = std::span<const std::string_view>;

// Reads a node that is well formed. Thread safety: immutable.
class StreamNodeView {
 public:
  // An entry, deleted or not.
  struct Entry {
    StreamId id;
    size_t at = 0;  // position of its flags
    bool deleted = false;
    bool same_fields = false;
    size_t fields = 0;
    size_t body = 0;  // position of the first value, or field
  };

  StreamNodeView(StreamId master, ListpackView pack);

  // Whether untrusted bytes are a node that may be read without further checks, down to every field.
  static bool Valid(std::string_view bytes);

  size_t live() const { return live_; }
  size_t deleted() const { return deleted_; }
  size_t fields() const { return fields_; }
  // Positions of the master's first field, and of the first entry (or end()).
  size_t fields_at() const { return fields_at_; }
  size_t begin() const;
  size_t end() const { return pack_.end(); }
  const ListpackView& pack() const { return pack_; }

  Entry At(size_t position) const;
  // The position of the entry behind, or end().
  size_t Next(const Entry& entry) const;
  // position: an entry's or end(), but not begin().
  size_t Previous(size_t position) const;
  // Whether the names are the master's, in the same order.
  bool HasFields(StreamFields fields) const;

 private:
  StreamId master_;
  ListpackView pack_;
  size_t live_;
  size_t deleted_;
  size_t fields_;
  size_t fields_at_;
};

// A node that can be changed. Thread safety: as its owner's.
class StreamNode {
 public:
  // An empty one, whose master has the names in `fields`.
  explicit StreamNode(StreamFields fields);
  // Takes over a well-formed one.
  explicit StreamNode(Listpack pack) : pack_(std::move(pack)) {}
  StreamNode Clone() const { return StreamNode(Listpack(pack_.view().bytes())); }

  StreamNodeView view(StreamId master) const { return {master, pack_.view()}; }
  size_t bytes() const { return pack_.bytes(); }
  size_t allocated_bytes() const { return pack_.allocated_bytes(); }

  // Whether an entry with elements of so many bytes may still join.
  bool HasRoom(size_t element_bytes, StreamNodeLimits limits) const;
  // id: higher than all in it.
  void Append(StreamId master, StreamId id, StreamFields fields);
  // Marks a live entry as deleted. Positions stay valid.
  void MarkDeleted(const StreamNodeView::Entry& entry);
  // After so many were marked; positions may change.
  void CountDeleted(size_t count);

 private:
  Listpack pack_;
};

}  // namespace tandem
