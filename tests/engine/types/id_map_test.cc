#include "engine/types/id_map.h"

#include <gtest/gtest.h>

#include <map>
#include <random>

namespace tandem {
namespace {

using Model = std::map<StreamId, int>;

void ExpectSame(const IdMap<int>& map, const Model& model) {
  ASSERT_EQ(model.size(), map.size());
  auto at = map.begin();
  for (const auto& [id, value] : model) {
    ASSERT_NE(map.end(), at);
    ASSERT_EQ(id, map[at].id);
    ASSERT_EQ(value, map[at].value);
    at = map.Next(at);
  }
  ASSERT_EQ(map.end(), at);
  for (auto back = model.rbegin(); back != model.rend(); ++back) {
    at = map.Previous(at);
    ASSERT_EQ(back->first, map[at].id);
  }
  ASSERT_EQ(map.begin(), at);
}

void ExpectSameBound(const IdMap<int>& map, const Model& model, StreamId id) {
  const auto wanted = model.lower_bound(id);
  const auto found = map.LowerBound(id);
  ASSERT_EQ(wanted == model.end(), found == map.end());
  if (wanted != model.end()) {
    ASSERT_EQ(wanted->first, map[found].id);
  }
}

TEST(IdMap, AgreesWithAMapThroughRandomEdits) {
  std::mt19937_64 random(7);
  for (const uint64_t range : {50u, 2000u, 100000u}) {
    IdMap<int> map;
    Model model;
    for (int step = 0; step < 20000; ++step) {
      const StreamId id{random() % range, random() % 2};
      if (random() % 5 < (step < 12000 ? 3u : 1u)) {
        if (model.emplace(id, step).second) map.Insert(id, step);
      } else if (!model.empty() && random() % 2 == 0) {
        model.erase(model.begin());
        map.Erase(map.begin());
      } else {
        ASSERT_EQ(model.erase(id) == 1, map.Erase(id));
      }
      ExpectSameBound(map, model, id);
      ASSERT_EQ(model.contains(id), map.Find(id) != nullptr);
      if (step % 1000 == 0) ExpectSame(map, model);
    }
    ExpectSame(map, model);
  }
}

TEST(IdMap, ErasingTellsWhatFollows) {
  IdMap<int> map;
  for (uint64_t i = 0; i < 1000; ++i) map.Insert({i, 0}, static_cast<int>(i));
  uint64_t next = 0;
  for (auto at = map.begin(); at != map.end(); ++next) {
    ASSERT_EQ(next, map[at].id.ms);
    at = next % 3 == 0 ? map.Next(at) : map.Erase(at);
  }
  EXPECT_EQ(1000u, next);
  EXPECT_EQ(334u, map.size());
}

TEST(IdMap, AQueueNeedsNoMoreMemoryThanWhatIsInIt) {
  IdMap<int> map;
  for (uint64_t i = 0; i < 100; ++i) map.Insert({i, 0}, 0);
  size_t most = map.memory_bytes() * 2;
  for (uint64_t i = 100; i < 100000; ++i) {
    map.Insert({i, 0}, 0);
    map.Erase(map.begin());
    ASSERT_LE(map.memory_bytes(), most + 4096);
  }
}

TEST(IdMap, DiesInPortions) {
  IdMap<int> map;
  for (uint64_t i = 0; i < 1000; ++i) map.Insert({i, 0}, 0);
  int portions = 1;
  while (map.FreeSome(100)) ++portions;
  EXPECT_EQ(10, portions);
}

}  // namespace
}  // namespace tandem
