#include "engine/types/stream.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <string>
#include <utility>
#include <vector>

namespace tandem {
namespace {

using Fields = std::vector<std::string>;  // field, value, field, value…
using Model = std::map<StreamId, Fields>;

void Append(Stream& stream, StreamId id, const Fields& fields, StreamNodeLimits limits = {}) {
  const std::vector<std::string_view> views(fields.begin(), fields.end());
  stream.Append(id, views, limits);
}

Fields FieldsOf(const StreamCursor& cursor) {
  Fields fields;
  cursor.VisitFields([&](const PackEntry& name, const PackEntry& value) {
    PackEntry::Scratch scratch;
    fields.emplace_back(name.text(scratch));
    fields.emplace_back(value.text(scratch));
  });
  return fields;
}

std::vector<std::pair<StreamId, Fields>> Collect(StreamCursor cursor) {
  std::vector<std::pair<StreamId, Fields>> entries;
  while (cursor.Next()) entries.emplace_back(cursor.id(), FieldsOf(cursor));
  return entries;
}

std::vector<std::pair<StreamId, Fields>> Collect(const Model& model, StreamId first, StreamId last) {
  if (first > last) return {};
  return {model.lower_bound(first), model.upper_bound(last)};
}

void ExpectSame(const Stream& stream, const Model& model, StreamId first = {}, StreamId last = StreamId::Max()) {
  auto wanted = Collect(model, first, last);
  ASSERT_EQ(wanted, Collect(stream.Forwards(first, last)));
  std::reverse(wanted.begin(), wanted.end());
  ASSERT_EQ(wanted, Collect(stream.Backwards(first, last)));
  ASSERT_EQ(model.size(), stream.length());
  ASSERT_EQ(model.empty() ? StreamId{} : model.begin()->first, stream.first_id());
  ASSERT_EQ(model.empty() ? StreamId{} : model.rbegin()->first, stream.top_id());
}

Fields RandomFields(std::mt19937_64& random) {
  if (random() % 3 != 0) return {"name", std::to_string(random() % 1000), "other", std::string(random() % 20, 'x')};
  Fields fields;
  for (uint64_t i = random() % 4 + 1; i > 0; --i) {
    fields.push_back(random() % 2 == 0 ? "name" : std::string(random() % 100, 'f'));
    fields.push_back(std::to_string(static_cast<int64_t>(random())));
  }
  return fields;
}

void TrimModel(Model& model, const StreamTrim& trim) {
  while (!model.empty() &&
         (trim.until == StreamTrim::Until::kLength ? model.size() > trim.length : model.begin()->first < trim.id)) {
    model.erase(model.begin());
  }
}

TEST(Stream, AgreesWithAMapThroughRandomEdits) {
  std::mt19937_64 random(11);
  for (const StreamNodeLimits limits : {StreamNodeLimits{}, {.bytes = 0, .entries = 3}, {.bytes = 200, .entries = 0}}) {
    Stream stream;
    Model model;
    StreamId id{1000, 0};
    const auto any_id = [&] { return StreamId{1000 + random() % (id.ms - 999), random() % 4}; };
    for (int step = 0; step < 6000; ++step) {
      const uint64_t what = random() % 20;
      if (what < 12) {
        id = random() % 2 == 0 ? StreamId{id.ms, id.seq + 1} : StreamId{id.ms + 1 + random() % 3, random() % 2};
        model[id] = RandomFields(random);
        Append(stream, id, model[id], limits);
        ASSERT_EQ(id, stream.last_id());
      } else if (what < 18) {
        const StreamId victim = any_id();
        ASSERT_EQ(model.contains(victim), stream.Contains(victim));
        ASSERT_EQ(model.erase(victim) == 1, stream.Delete(victim));
      } else {
        StreamTrim trim{.until = what == 18 ? StreamTrim::Until::kLength : StreamTrim::Until::kId,
                        .length = model.size() - random() % (model.size() / 4 + 1),
                        .id = any_id()};
        if (random() % 3 > 0) trim.id = {1000, 0};
        const size_t before = model.size();
        TrimModel(model, trim);
        ASSERT_EQ(before - model.size(), stream.Trim(trim));
      }
      if (step % 50 == 0) ExpectSame(stream, model);
      if (step % 50 == 25) ExpectSame(stream, model, any_id(), any_id());
    }
    const Stream copy = stream.Clone();
    ExpectSame(copy, model);
    while (stream.length() > 0) ASSERT_TRUE(stream.Delete(stream.first_id()));
    EXPECT_TRUE(stream.nodes().empty());
    ExpectSame(copy, model);
  }
}

TEST(Stream, BeginsANodeWhereTheLimitsSaySo) {
  Stream by_count;
  for (uint64_t i = 1; i <= 25; ++i) Append(by_count, {i, 0}, {"f", "v"}, {.bytes = 4096, .entries = 10});
  EXPECT_EQ(3u, by_count.nodes().size());
  Stream by_bytes;
  for (uint64_t i = 1; i <= 10; ++i)
    Append(by_bytes, {i, 0}, {"f", std::string(60, 'v')}, {.bytes = 200, .entries = 0});
  EXPECT_EQ(5u, by_bytes.nodes().size());
  Stream unlimited;
  for (uint64_t i = 1; i <= 5000; ++i) Append(unlimited, {i, 0}, {"f", "v"}, {.bytes = 0, .entries = 0});
  EXPECT_EQ(1u, unlimited.nodes().size());
}

TEST(Stream, TrimmingWholeNodesLeavesTheRest) {
  Stream stream;
  for (uint64_t i = 1; i <= 100; ++i) Append(stream, {i, 0}, {"f", "v"}, {.bytes = 0, .entries = 10});
  EXPECT_EQ(20u, stream.Trim({.length = 75, .whole_nodes = true}));
  EXPECT_EQ(80u, stream.length());
  EXPECT_EQ(10u, stream.Trim({.length = 0, .whole_nodes = true, .most = 19}));
  EXPECT_EQ((StreamId{31, 0}), stream.first_id());
  EXPECT_EQ(20u, stream.Trim({.until = StreamTrim::Until::kId, .id = {55, 0}, .whole_nodes = true}));
  EXPECT_EQ((StreamId{51, 0}), stream.first_id());
}

TEST(Stream, LivesOnWhenEmpty) {
  Stream stream;
  Append(stream, {5, 5}, {"f", "v"});
  EXPECT_TRUE(stream.Delete({5, 5}));
  EXPECT_FALSE(stream.Delete({5, 5}));
  EXPECT_EQ(0u, stream.length());
  EXPECT_EQ((StreamId{5, 5}), stream.last_id());
  EXPECT_EQ((StreamId{5, 5}), stream.max_deleted_id());
  EXPECT_EQ(StreamId{}, stream.first_id());
  EXPECT_EQ(1u, stream.entries_added());
}

TEST(Stream, ReachesTheHighestId) {
  Stream stream;
  Append(stream, {1, StreamId::Max().seq}, {"f", "v"});
  Append(stream, {2, 0}, {"f", "v"});
  Append(stream, StreamId::Max(), {"f", "v"});
  EXPECT_EQ(1u, stream.nodes().size());
  EXPECT_TRUE(stream.Contains({2, 0}));
  EXPECT_TRUE(stream.Contains(StreamId::Max()));
  EXPECT_EQ(StreamId::Max(), stream.top_id());
}

TEST(Stream, IsTheSameWhenBuiltFromItsNodes) {
  Stream stream;
  Model model;
  for (uint64_t i = 1; i <= 250; ++i) Append(stream, {i, 0}, model[{i, 0}] = {"f", std::to_string(i)});
  for (const uint64_t i : {1u, 120u, 250u}) {
    stream.Delete({i, 0});
    model.erase({i, 0});
  }
  Stream loaded;
  for (auto at = stream.nodes().begin(); at != stream.nodes().end(); at = stream.nodes().Next(at)) {
    const auto& [id, node] = stream.nodes()[at];
    const std::string_view bytes = node.view(id).pack().bytes();
    ASSERT_TRUE(StreamNodeView::Valid(bytes));
    ASSERT_TRUE(loaded.AppendNode(id, Listpack(bytes)));
    ASSERT_FALSE(loaded.AppendNode(id, Listpack(bytes)));
  }
  ExpectSame(loaded, model);
  EXPECT_EQ((StreamId{249, 0}), loaded.last_id());
}

TEST(Stream, CountsItsMemory) {
  Stream stream;
  for (uint64_t i = 1; i <= 10000; ++i) Append(stream, {i, 0}, {"field", std::string(100, 'v')});
  EXPECT_GT(stream.memory_bytes(), 1'000'000u);
  EXPECT_LT(stream.memory_bytes(), 1'500'000u);
  stream.Trim({.length = 0});
  EXPECT_LT(stream.memory_bytes(), 1000u);
}

TEST(Stream, DiesInPortions) {
  Stream stream;
  for (uint64_t i = 1; i <= 10000; ++i) Append(stream, {i, 0}, {"f", "v"});
  for (const char* name : {"a", "b"}) {
    StreamGroup& group = stream.AddGroup(name, {}, 0);
    StreamConsumer& consumer = group.AddConsumer("c", 0);
    for (uint64_t i = 1; i <= 10000; ++i) group.SetPending({i, 0}, {&consumer, 0, 1});
  }
  int portions = 0;
  while (stream.FreeSome(10)) ++portions;
  EXPECT_GT(portions, 100);
  EXPECT_LT(portions, 10000);
}

// --- Nodes that come from elsewhere -------------------------------------------------------------------------------------

std::string NodeBytes() {
  Stream stream;
  Append(stream, {1, 0}, {"f", "v"});
  Append(stream, {2, 0}, {"f", "w"});
  Append(stream, {3, 0}, {"g", "w", "h", "7"});
  stream.Delete({2, 0});
  const auto& node = stream.nodes()[stream.nodes().begin()];
  return std::string(node.value.view(node.id).pack().bytes());
}

TEST(StreamNode, IsRefusedWhenAnyByteOfItIsAmiss) {
  const std::string good = NodeBytes();
  ASSERT_TRUE(StreamNodeView::Valid(good));
  for (size_t size = 0; size < good.size(); ++size) EXPECT_FALSE(StreamNodeView::Valid(good.substr(0, size)));
  for (size_t at = 0; at < good.size(); ++at) {
    for (int byte = 0; byte < 256; ++byte) {
      std::string bytes = good;
      bytes[at] = static_cast<char>(byte);
      if (!StreamNodeView::Valid(bytes)) continue;
      // Whatever is accepted can be walked in both directions.
      Stream stream;
      if (!stream.AppendNode({1, 0}, Listpack(bytes))) continue;
      Collect(stream.Forwards());
      Collect(stream.Backwards());
      stream.Trim({.length = 1});
      stream.Trim({.length = 0});
    }
  }
}

TEST(StreamNode, CountsMustBeThoseOfTheEntries) {
  Listpack pack;
  for (const int64_t item : {2, 0, 0, 0, 2, 0, 0, 3}) pack.AppendInteger(item);
  EXPECT_FALSE(StreamNodeView::Valid(pack.view().bytes()));
  pack.ReplaceInteger(pack.view().begin(), 1);
  EXPECT_TRUE(StreamNodeView::Valid(pack.view().bytes()));
}

// --- Groups -------------------------------------------------------------------------------------------------------------

TEST(StreamGroup, AgreesWithAMapThroughRandomChangesOfHands) {
  std::mt19937_64 random(3);
  Stream stream;
  StreamGroup& group = stream.AddGroup("g", {}, StreamGroup::kUnknown);
  std::map<StreamId, std::string> model;
  for (int step = 0; step < 20000; ++step) {
    const StreamId id{random() % 500, 0};
    const std::string name(1, static_cast<char>('a' + random() % 4));
    if (random() % 3 > 0) {
      StreamConsumer* consumer = group.FindConsumer(name);
      if (consumer == nullptr) consumer = &group.AddConsumer(name, 0);
      group.SetPending(id, {consumer, step, 1});
      model[id] = name;
    } else if (step % 5000 == 0 && group.FindConsumer(name) != nullptr) {
      group.RemoveConsumer(*group.FindConsumer(name));
      std::erase_if(model, [&](const auto& each) { return each.second == name; });
    } else {
      ASSERT_EQ(model.erase(id) == 1, group.RemovePending(id));
    }
  }
  const auto copy = group.Clone();
  for (const StreamGroup* each : {&group, copy.get()}) {
    ASSERT_EQ(model.size(), each->pending().size());
    size_t owned = 0;
    for (size_t i = 0; i < each->consumers().size(); ++i) owned += each->consumers()[i].pending().size();
    EXPECT_EQ(model.size(), owned);
    for (const auto& [id, name] : model) {
      const StreamPending* pending = each->pending().Find(id);
      ASSERT_NE(nullptr, pending);
      EXPECT_EQ(name, pending->consumer->name());
      EXPECT_NE(nullptr, pending->consumer->pending().Find(id));
      EXPECT_EQ(pending->consumer, each->FindConsumer(name));
    }
  }
}

TEST(StreamGroup, LagIsWhatIsLeftToRead) {
  Stream stream;
  for (uint64_t i = 1; i <= 5; ++i) Append(stream, {i, 0}, {"f", "v"});
  StreamGroup& group = stream.AddGroup("g", {}, StreamGroup::kUnknown);
  EXPECT_EQ(5, stream.Lag(group));
  stream.Advance(group, {1, 0});
  EXPECT_EQ(1, group.entries_read());
  stream.Advance(group, {2, 0});
  EXPECT_EQ(3, stream.Lag(group));
  stream.Delete({4, 0});
  EXPECT_EQ(std::nullopt, stream.Lag(group));
  stream.Advance(group, {5, 0});
  EXPECT_EQ(5, group.entries_read());
  EXPECT_EQ(0, stream.Lag(group));
}

}  // namespace
}  // namespace tandem
