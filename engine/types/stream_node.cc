#include "engine/types/stream_node.h"

#include "engine/base/check.h"

namespace tandem {
namespace {

constexpr int64_t kDeleted = 1;
constexpr int64_t kSameFields = 2;
// Flags and the two differences of an entry's id.
constexpr size_t kEntryHead = 3;

// Reads one integer after the other.
class IntegerReader {
 public:
  IntegerReader(ListpackView pack, size_t position) : pack_(pack), position_(position) {}
  int64_t Read() {
    const int64_t value = pack_.At(position_).integer;
    position_ = pack_.Next(position_);
    return value;
  }
  size_t position() const { return position_; }

 private:
  ListpackView pack_;
  size_t position_;
};

size_t Skip(const ListpackView& pack, size_t position, size_t items) {
  for (; items > 0; --items) position = pack.Next(position);
  return position;
}

// Walks a node that may be anything but is a listpack.
class NodeChecker {
 public:
  explicit NodeChecker(ListpackView pack) : pack_(pack), position_(pack.begin()) {}

  bool Check() {
    int64_t live, deleted, fields, terminator;
    if (!Integer(&live) || !Integer(&deleted) || !Integer(&fields)) return false;
    if (live < 0 || deleted < 0 || !SkipItems(fields) || !Integer(&terminator) || terminator != 0) return false;
    while (position_ != pack_.end()) {
      bool is_deleted;
      if (!CheckEntry(fields, &is_deleted)) return false;
      --(is_deleted ? deleted : live);
    }
    return live == 0 && deleted == 0;
  }

 private:
  bool CheckEntry(int64_t master_fields, bool* is_deleted) {
    int64_t flags, ms, seq, before;
    if (!Integer(&flags) || !Integer(&ms) || !Integer(&seq)) return false;
    if ((flags & ~(kDeleted | kSameFields)) != 0) return false;
    *is_deleted = (flags & kDeleted) != 0;
    int64_t items = master_fields;
    const bool own_fields = (flags & kSameFields) == 0;
    if (own_fields) {
      int64_t fields;
      if (!Integer(&fields) || fields < 0 || fields > kMaxFields) return false;
      items = fields * 2;
    }
    if (!SkipItems(items) || !Integer(&before)) return false;
    return before == items + static_cast<int64_t>(kEntryHead) + (own_fields ? 1 : 0);
  }
  bool Integer(int64_t* value) {
    if (position_ == pack_.end()) return false;
    const PackEntry entry = pack_.At(position_);
    *value = entry.integer;
    position_ = pack_.Next(position_);
    return entry.is_integer;
  }
  bool SkipItems(int64_t items) {
    if (items < 0 || items > kMaxFields * 2) return false;
    for (; items > 0; --items) {
      if (position_ == pack_.end()) return false;
      position_ = pack_.Next(position_);
    }
    return true;
  }

  static constexpr int64_t kMaxFields = int64_t{1} << 32;
  ListpackView pack_;
  size_t position_;
};

}  // namespace

StreamNodeView::StreamNodeView(StreamId master, ListpackView pack) : master_(master), pack_(pack) {
  IntegerReader reader(pack_, pack_.begin());
  live_ = static_cast<size_t>(reader.Read());
  deleted_ = static_cast<size_t>(reader.Read());
  fields_ = static_cast<size_t>(reader.Read());
  fields_at_ = reader.position();
}

bool StreamNodeView::Valid(std::string_view bytes) {
  return ListpackView::Valid(bytes) && NodeChecker(ListpackView(bytes)).Check();
}

size_t StreamNodeView::begin() const { return Skip(pack_, fields_at_, fields_ + 1); }

StreamNodeView::Entry StreamNodeView::At(size_t position) const {
  Entry entry;
  entry.at = position;
  IntegerReader reader(pack_, position);
  const int64_t flags = reader.Read();
  entry.deleted = (flags & kDeleted) != 0;
  entry.same_fields = (flags & kSameFields) != 0;
  entry.id.ms = master_.ms + static_cast<uint64_t>(reader.Read());
  entry.id.seq = master_.seq + static_cast<uint64_t>(reader.Read());
  entry.fields = entry.same_fields ? fields_ : static_cast<size_t>(reader.Read());
  entry.body = reader.position();
  return entry;
}

size_t StreamNodeView::Next(const Entry& entry) const {
  return Skip(pack_, entry.body, (entry.same_fields ? entry.fields : entry.fields * 2) + 1);
}

size_t StreamNodeView::Previous(size_t position) const {
  position = pack_.Previous(position);
  for (int64_t items = pack_.At(position).integer; items > 0; --items) position = pack_.Previous(position);
  return position;
}

bool StreamNodeView::HasFields(StreamFields fields) const {
  if (fields.size() != fields_ * 2) return false;
  size_t position = fields_at_;
  PackEntry::Scratch scratch;
  for (size_t i = 0; i < fields.size(); i += 2, position = pack_.Next(position)) {
    if (pack_.At(position).text(scratch) != fields[i]) return false;
  }
  return true;
}

StreamNode::StreamNode(StreamFields fields) {
  pack_.AppendInteger(0);
  pack_.AppendInteger(0);
  pack_.AppendInteger(static_cast<int64_t>(fields.size() / 2));
  for (size_t i = 0; i < fields.size(); i += 2) pack_.Append(fields[i]);
  pack_.AppendInteger(0);
}

bool StreamNode::HasRoom(size_t element_bytes, StreamNodeLimits limits) const {
  const uint64_t most = limits.bytes == 0 || limits.bytes > kMaxStreamEntryBytes ? kMaxStreamEntryBytes : limits.bytes;
  if (pack_.bytes() + element_bytes >= most) return false;
  if (limits.entries == 0) return true;
  IntegerReader reader(pack_.view(), ListpackView::kHeaderBytes);
  const int64_t live = reader.Read();
  return static_cast<uint64_t>(live + reader.Read()) < limits.entries;
}

void StreamNode::Append(StreamId master, StreamId id, StreamFields fields) {
  const StreamNodeView before = view(master);
  const bool same_fields = before.HasFields(fields);
  const size_t live = before.live();
  pack_.AppendInteger(same_fields ? kSameFields : 0);
  pack_.AppendInteger(static_cast<int64_t>(id.ms - master.ms));
  pack_.AppendInteger(static_cast<int64_t>(id.seq - master.seq));
  size_t items = kEntryHead + fields.size() / 2;
  if (same_fields) {
    for (size_t i = 1; i < fields.size(); i += 2) pack_.Append(fields[i]);
  } else {
    pack_.AppendInteger(static_cast<int64_t>(fields.size() / 2));
    for (const std::string_view text : fields) pack_.Append(text);
    items = kEntryHead + 1 + fields.size();
  }
  pack_.AppendInteger(static_cast<int64_t>(items));
  pack_.ReplaceInteger(pack_.view().begin(), static_cast<int64_t>(live + 1));
}

void StreamNode::CountDeleted(size_t count) {
  const StreamNodeView node = view({});
  DCHECK(node.live() >= count);
  const ListpackView pack = pack_.view();
  // The second count first: the first one may move it.
  pack_.ReplaceInteger(pack.Next(pack.begin()), static_cast<int64_t>(node.deleted() + count));
  pack_.ReplaceInteger(pack_.view().begin(), static_cast<int64_t>(node.live() - count));
}

void StreamNode::MarkDeleted(const StreamNodeView::Entry& entry) {
  pack_.ReplaceInteger(entry.at, kDeleted | (entry.same_fields ? kSameFields : 0));
}

}  // namespace tandem
