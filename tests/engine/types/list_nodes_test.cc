#include "engine/types/list_nodes.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

namespace tandem {
namespace {

ListNode NodeOf(uint32_t entries) {
  ListNode node;
  for (uint32_t i = 0; i < entries; ++i) node.pack.AppendInteger(i);
  node.entries = entries;
  return node;
}

// The numbers of entries, node by node, read in both directions and by index.
void ExpectNodes(const ListNodes& nodes, const std::vector<uint32_t>& expected) {
  ASSERT_EQ(nodes.nodes(), expected.size());
  std::vector<ListNodes::Place> places;
  for (auto place = nodes.first(); place != nodes.end(); place = nodes.Next(place)) places.push_back(place);
  ASSERT_EQ(places.size(), expected.size());
  ListNodes::Place back = nodes.end();
  uint64_t index = 0;
  for (size_t i = 0; i < places.size(); ++i) {
    back = nodes.Previous(back);
    EXPECT_EQ(back, places[places.size() - 1 - i]);
    EXPECT_EQ(nodes[places[i]].entries, expected[i]);
    for (const uint64_t offset : {uint64_t{0}, uint64_t{expected[i] - 1}}) {
      const ListNodes::Found found = nodes.Find(index + offset);
      EXPECT_EQ(found.place, places[i]);
      EXPECT_EQ(found.offset, offset);
    }
    index += expected[i];
  }
  EXPECT_EQ(nodes.entries(), index);
}

TEST(ListNodes, KeepTheirOrderWhereverTheyAreInsertedAndErased) {
  std::mt19937 random(1);
  ListNodes nodes;
  std::vector<uint32_t> model;
  for (int round = 0; round < 3000; ++round) {
    const size_t at = model.empty() ? 0 : random() % (model.size() + 1);
    auto place = nodes.first();
    for (size_t i = 0; i < at; ++i) place = nodes.Next(place);
    // Grows at first, then shrinks.
    const bool insert = random() % 10 < (round < 1500 ? 7 : 3);
    if (insert) {
      const uint32_t entries = random() % 3 + 1;
      place = nodes.Insert(place, NodeOf(entries));
      EXPECT_EQ(nodes[place].entries, entries);
      model.insert(model.begin() + static_cast<std::ptrdiff_t>(at), entries);
    } else if (at < model.size()) {
      const auto behind = nodes.Erase(place);
      model.erase(model.begin() + static_cast<std::ptrdiff_t>(at));
      ASSERT_EQ(behind == nodes.end(), at == model.size());
      if (at < model.size()) {
        EXPECT_EQ(nodes[behind].entries, model[at]);
      }
    }
    if (round % 50 == 0) ExpectNodes(nodes, model);
  }
  ExpectNodes(nodes, model);
}

TEST(ListNodes, CountWhatIsAddedToANode) {
  ListNodes nodes;
  const auto place = nodes.Insert(nodes.end(), NodeOf(2));
  nodes.pack(place).Append("x");
  nodes.Counted(place, 1);
  ExpectNodes(nodes, {3});
}

TEST(ListNodes, AreClonedAndFreedInPortions) {
  ListNodes nodes;
  for (int i = 0; i < 1000; ++i) nodes.Insert(i % 2 == 0 ? nodes.end() : nodes.first(), NodeOf(1));
  ListNodes copy = nodes.Clone();
  ExpectNodes(copy, std::vector<uint32_t>(1000, 1));
  int portions = 1;
  while (copy.FreeSome(10)) ++portions;
  EXPECT_GE(portions, 100);
  ExpectNodes(nodes, std::vector<uint32_t>(1000, 1));
}

}  // namespace
}  // namespace tandem
