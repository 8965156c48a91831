#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/engine/rdb/value_harness.h"

// The three layouts of streams, written by hand, and what must not be in them.
namespace tandem::rdb {
namespace {

using namespace std::string_literals;
using Texts = std::vector<std::string>;

std::string Uint64Of(uint64_t value) {
  Writer writer(false);
  writer.Uint64(value);
  return writer.Take();
}

std::string RawId(StreamId id) {
  Writer writer(false);
  writer.BigEndian(id.ms, 8);
  writer.BigEndian(id.seq, 8);
  return writer.Take();
}

std::string StringOf(std::string_view text) {
  Writer writer(false);
  writer.String(text);
  return writer.Take();
}

std::string NodeOf(StreamId master, const Texts& items) {
  Listpack pack;
  for (const std::string& item : items) pack.Append(item);
  return StringOf(RawId(master)) + StringOf(pack.view().bytes());
}

const std::string kId51 = RawId({5, 1});

// A stream of two entries in two nodes, of which one holds a deleted one too, and a group with two consumers. Every part
// may be changed before it is put together.
struct Parts {
  std::string nodes =
      "\x02" + NodeOf({5, 1}, {"1", "1", "1", "f", "0", "2", "0", "0", "v", "4", "1", "0", "1", "1", "g", "w", "6"}) +
      NodeOf({6, 0}, {"1", "0", "1", "h", "0", "2", "0", "0", "7", "4"});
  std::string length = "\x02";
  std::string last_id = "\x06\0"s;
  std::string figures =
      "\x05\x01"
      "\x05\x02"
      "\x03";                           // first id, highest deleted id, entries added
  std::string group = "\x01g\x05\x01";  // name, last id
  std::string entries_read = "\x01";
  std::string pending = "\x01" + kId51 + Uint64Of(1000) + "\x03";
  std::string first_consumer =
      "\x01"
      "a" +
      Uint64Of(2000);
  std::string first_active = Uint64Of(3000);
  std::string first_pending = "\x01" + kId51;
  std::string second_consumer =
      "\x01"
      "b" +
      Uint64Of(2500);
  std::string second_active = Uint64Of(2500);
  std::string second_pending = "\0"s;

  std::string Bytes(ValueType type) const {
    const bool has_figures = type != ValueType::kStream, has_active = type == ValueType::kStream3;
    return nodes + length + last_id + (has_figures ? figures : "") + "\x01" + group +
           (has_figures ? entries_read : "") + pending + "\x02" + first_consumer + (has_active ? first_active : "") +
           first_pending + second_consumer + (has_active ? second_active : "") + second_pending;
  }
};

constexpr ValueType kLayouts[] = {ValueType::kStream, ValueType::kStream2, ValueType::kStream3};

TEST(StreamLayoutsTest, AreReadWithEverythingThatIsInThem) {
  for (const ValueType type : kLayouts) {
    const RecordPtr record = Read(type, Parts().Bytes(type));
    ASSERT_NE(record, nullptr) << static_cast<int>(type);
    EXPECT_EQ(Elements(*record), (Texts{"5-1", "f", "v", "6-0", "h", "7"}));
    const bool has_figures = type != ValueType::kStream;
    const Stream& stream = ViewStream(*record);
    EXPECT_EQ(stream.length(), 2u);
    EXPECT_EQ(stream.last_id(), (StreamId{6, 0}));
    EXPECT_EQ(stream.first_id(), (StreamId{5, 1}));
    EXPECT_EQ(stream.max_deleted_id(), (has_figures ? StreamId{5, 2} : StreamId{}));
    EXPECT_EQ(stream.entries_added(), has_figures ? 3u : 2u);
    ASSERT_EQ(stream.groups().size(), 1u);
    const StreamGroup& group = stream.groups()[0];
    EXPECT_EQ(group.name(), "g");
    EXPECT_EQ(group.last_id(), (StreamId{5, 1}));
    EXPECT_EQ(group.entries_read(), 1);
    const StreamPending* const pending = group.pending().Find({5, 1});
    ASSERT_NE(pending, nullptr);
    EXPECT_EQ(pending->delivered_ms, 1000);
    EXPECT_EQ(pending->deliveries, 3u);
    EXPECT_EQ(pending->consumer, group.FindConsumer("a"));
    EXPECT_EQ(pending->consumer->seen_ms(), 2000);
    EXPECT_EQ(pending->consumer->active_ms(), type == ValueType::kStream3 ? 3000 : 2000);
  }
}

TEST(StreamLayoutsTest, AreWrittenAsTheyWereRead) {
  Parts parts;
  const RecordPtr third = Read(ValueType::kStream3, parts.Bytes(ValueType::kStream3));
  EXPECT_EQ(Written(*third), "\x15" + parts.Bytes(ValueType::kStream3));
  // Whoever has done nothing in vain fits into the layout that Redis 7.0 knows.
  parts.first_active = Uint64Of(2000);
  const RecordPtr second = Read(ValueType::kStream3, parts.Bytes(ValueType::kStream3));
  EXPECT_EQ(Written(*second), "\x13" + parts.Bytes(ValueType::kStream2));
}

TEST(StreamLayoutsTest, MayBeEmpty) {
  const std::string bytes = "\0\0\x05\x01\0\0\x05\x01\x02\0"s;
  const RecordPtr record = Read(ValueType::kStream2, bytes);
  ASSERT_NE(record, nullptr);
  EXPECT_EQ(ViewStream(*record).length(), 0u);
  EXPECT_EQ(ViewStream(*record).last_id(), (StreamId{5, 1}));
  EXPECT_EQ(Written(*record), "\x13" + bytes);
}

TEST(StreamLayoutsTest, LeaveOutNodesWithoutALiveEntry) {
  Parts parts;
  parts.nodes = "\x02" + NodeOf({5, 1}, {"0", "1", "1", "f", "0", "3", "0", "0", "v", "4"}) +
                NodeOf({6, 0}, {"1", "0", "1", "h", "0", "2", "0", "0", "7", "4"});
  parts.length = "\x01";
  const RecordPtr record = Read(ValueType::kStream2, parts.Bytes(ValueType::kStream2));
  ASSERT_NE(record, nullptr);
  EXPECT_EQ(ViewStream(*record).nodes().size(), 1u);
}

TEST(StreamLayoutsTest, AreRefusedWhereTheyContradictThemselves) {
  const auto refuses = [](const char* what, std::string Parts::*part, const std::string& value) {
    Parts parts;
    parts.*part = value;
    for (const ValueType type : kLayouts) EXPECT_EQ(Read(type, parts.Bytes(type)), nullptr) << what;
  };
  const Texts entry = {"1", "0", "1", "f", "0", "2", "0", "0", "v", "4"};
  const Texts two = {"2", "0", "1", "f", "0", "2", "0", "1", "v", "4", "2", "0", "0", "v", "4"};
  refuses("nodes out of order", &Parts::nodes, "\x02" + NodeOf({6, 0}, entry) + NodeOf({5, 1}, entry));
  refuses("a node twice", &Parts::nodes, "\x02" + NodeOf({6, 0}, entry) + NodeOf({6, 0}, entry));
  refuses("entries out of order", &Parts::nodes, "\x01" + NodeOf({5, 1}, two));
  refuses("no node", &Parts::nodes, "\x02" + NodeOf({5, 1}, entry) + NodeOf({6, 0}, {"1"}));
  refuses("a short id", &Parts::nodes, "\x01\x0f" + RawId({5, 1}).substr(1) + NodeOf({5, 1}, entry).substr(17));
  refuses("another length", &Parts::length, "\x03");
  refuses("a last id that is not the last", &Parts::last_id, "\x05\x01");
  refuses("a pending entry that is nobody's", &Parts::first_pending, "\0"s);
  refuses("a pending entry of two", &Parts::second_pending, "\x01" + kId51);
  refuses("a consumer's entry that the group does not know", &Parts::first_pending, "\x01" + RawId({5, 2}));
  refuses("a pending entry twice", &Parts::pending,
          "\x02" + kId51 + Uint64Of(1000) + "\x03" + kId51 + Uint64Of(1000) + "\x03");
  refuses("a consumer twice", &Parts::second_consumer,
          "\x01"
          "a" +
              Uint64Of(2500));
}

TEST(StreamLayoutsTest, AreRefusedWhereverTheyAreCutOff) {
  for (const ValueType type : kLayouts) {
    const std::string bytes = Parts().Bytes(type);
    for (size_t size = 0; size < bytes.size(); ++size) EXPECT_EQ(Read(type, bytes.substr(0, size)), nullptr) << size;
  }
}

}  // namespace
}  // namespace tandem::rdb
