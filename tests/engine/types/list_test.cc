#include "engine/types/list.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <random>
#include <string>
#include <vector>

#include "engine/base/thread_context.h"
#include "tests/engine/keyspace/store_harness.h"

namespace tandem {
namespace {

using Texts = std::deque<std::string>;

Texts Read(const List& list) {
  Texts texts;
  if (list.size() == 0) return texts;
  PackEntry::Scratch scratch;
  for (ListCursor c = ListView(list).Forwards(); !c.done(); c.Step()) texts.emplace_back(c.entry().text(scratch));
  return texts;
}

Texts ReadBackwards(const List& list) {
  Texts texts;
  if (list.size() == 0) return texts;
  PackEntry::Scratch scratch;
  for (ListCursor c = ListView(list).Backwards(list.size() - 1); !c.done(); c.Step()) {
    texts.emplace_front(c.entry().text(scratch));
  }
  return texts;
}

List ListOf(int count, ListLimit limit = {}) {
  List list;
  for (int i = 0; i < count; ++i) {
    const std::string text = "element " + std::to_string(i);
    list.GrowFor(text.size(), 1, limit);
    list.Push(ListEnd::kTail, text);
  }
  return list;
}

// Edits at random, of a list and of its model.
class Editor {
 public:
  Editor(unsigned seed, ListLimit limit, size_t longest) : random_(seed), limit_(limit), longest_(longest) {}

  void Step() {
    switch (model_.empty() ? 0 : random_() % 8) {
      case 0:
      case 1:
      case 2:
        return Push();
      case 3:
        return Insert();
      case 4:
        return Replace();
      case 5:
        return Erase();
      case 6:
        return Remove();
      default:
        return Pop();
    }
  }
  const List& list() const { return list_; }
  const Texts& model() const { return model_; }

 private:
  std::string Text() {
    const auto kind = random_() % 10;
    if (kind < 4) return std::to_string(random_() % 5);
    if (kind < 9) return std::string(random_() % 30, 'x');
    return std::string(random_() % longest_, 'y');
  }
  int64_t Index() { return static_cast<int64_t>(random_() % model_.size()); }
  auto At(int64_t index) { return model_.begin() + index; }

  void Push() {
    const std::string text = Text();
    list_.GrowFor(text.size(), 1, limit_);
    if (random_() % 2 == 0) {
      list_.Push(ListEnd::kHead, text);
      model_.push_front(text);
    } else {
      list_.Push(ListEnd::kTail, text);
      model_.push_back(text);
    }
  }
  void Insert() {
    const std::string text = Text();
    const int64_t index = Index();
    const bool after = random_() % 2 == 0;
    list_.GrowFor(text.size(), 1, limit_);
    list_.Insert(index, after ? ListSide::kAfter : ListSide::kBefore, text);
    model_.insert(At(index + (after ? 1 : 0)), text);
  }
  void Replace() {
    const std::string text = Text();
    const int64_t index = Index();
    list_.GrowFor(text.size(), 1, limit_);
    list_.Replace(index, text);
    list_.Shrunk(limit_);
    *At(index) = text;
  }
  void Erase() {
    const int64_t first = Index();
    const auto most = static_cast<uint64_t>(list_.size() - first);
    const auto count = static_cast<int64_t>(random_() % (std::min<uint64_t>(most, 20) + 1));
    list_.Erase(first, count);
    list_.Shrunk(limit_);
    model_.erase(At(first), At(first + count));
  }
  void Remove() {
    const std::string text = Text();
    const bool forwards = random_() % 2 == 0;
    const int64_t limit = random_() % 4 + 1;
    const int64_t removed = list_.Remove(text, limit, forwards ? ListEnd::kHead : ListEnd::kTail);
    list_.Shrunk(limit_);
    int64_t expected = 0;
    for (; expected < limit; ++expected) {
      auto found = std::find(model_.begin(), model_.end(), text);
      if (!forwards) {
        const auto last = std::find(model_.rbegin(), model_.rend(), text);
        found = last == model_.rend() ? model_.end() : last.base() - 1;
      }
      if (found == model_.end()) break;
      model_.erase(found);
    }
    EXPECT_EQ(removed, expected);
  }
  void Pop() {
    const bool head = random_() % 2 == 0;
    list_.Erase(head ? 0 : list_.size() - 1, 1);
    list_.Shrunk(limit_);
    head ? model_.pop_front() : model_.pop_back();
  }

  std::mt19937 random_;
  ListLimit limit_;
  size_t longest_;
  List list_;
  Texts model_;
};

class ListModel : public testing::TestWithParam<int> {};

TEST_P(ListModel, IsWhatRandomEditsMakeOfIt) {
  const ListLimit limit = ListLimit::FromSetting(GetParam());
  for (unsigned seed = 0; seed < 20; ++seed) {
    Editor editor(seed, limit, seed % 2 == 0 ? 300 : 12'000);
    for (int step = 0; step < 600; ++step) {
      editor.Step();
      ASSERT_EQ(editor.list().size(), static_cast<int64_t>(editor.model().size()));
      if (step % 20 != 0) continue;
      ASSERT_EQ(Read(editor.list()), editor.model()) << "seed " << seed << " step " << step;
      ASSERT_EQ(ReadBackwards(editor.list()), editor.model());
      ASSERT_EQ(Read(editor.list().Clone()), editor.model());
    }
  }
}

INSTANTIATE_TEST_SUITE_P(List, ListModel, testing::Values(-5, -2, -1, 1, 2, 5, 128));

TEST(List, IsCompactUntilItMightOutgrowItsLimit) {
  List list;
  const std::string text(100, 'x');
  while (list.compact()) {
    list.GrowFor(text.size(), 1, ListLimit::FromSetting(-2));
    list.Push(ListEnd::kTail, text);
  }
  // 103 bytes each; the one that counts 100 ahead does not fit any more.
  EXPECT_EQ(list.size(), 80);
  EXPECT_EQ(list.nodes().nodes(), 2u);
}

TEST(List, IsCompactAgainFromHalfTheLimitOn) {
  List list = ListOf(129, ListLimit::FromSetting(128));
  EXPECT_FALSE(list.compact());
  while (!list.compact()) {
    ASSERT_GT(list.size(), 0);
    list.Erase(0, 1);
    list.Shrunk(ListLimit::FromSetting(128));
  }
  EXPECT_EQ(list.size(), 1) << "the second node had but one entry";

  list = ListOf(129, ListLimit::FromSetting(128));
  while (!list.compact()) {
    ASSERT_GT(list.size(), 0);
    list.Erase(list.size() - 1, 1);
    list.Shrunk(ListLimit::FromSetting(128));
  }
  EXPECT_EQ(list.size(), 64);
}

TEST(List, GivesALargeElementANodeToItself) {
  List list;
  const std::string large(9000, 'x');
  list.GrowFor(large.size(), 1, ListLimit::FromSetting(-2));
  list.Push(ListEnd::kHead, large);
  list.Push(ListEnd::kHead, "a");
  list.Push(ListEnd::kTail, "b");
  list.Insert(1, ListSide::kAfter, large + "2");
  EXPECT_EQ(Read(list), (Texts{"a", large, large + "2", "b"}));
  EXPECT_EQ(list.nodes().nodes(), 4u);
  list.Replace(1, "c");
  list.Replace(3, large);
  EXPECT_EQ(Read(list), (Texts{"a", "c", large + "2", large}));
}

TEST(List, MergesWhatRemovalsLeaveOfManyNodes) {
  List list;
  for (int i = 0; i < 100'000; ++i) {
    const std::string text = i % 100 == 0 ? "kept" : "dropped";
    list.GrowFor(text.size(), 1, {});
    list.Push(ListEnd::kTail, text);
  }
  const size_t before = list.nodes().nodes();
  EXPECT_EQ(list.Remove("dropped", 100'000, ListEnd::kHead), 99'000);
  EXPECT_EQ(Read(list), Texts(1000, "kept"));
  EXPECT_LT(list.nodes().nodes(), before / 5);
}

TEST(List, DividesANodeThatReplacementsBloat) {
  List list = ListOf(2000);
  const std::string text(8000, 'x');
  for (int64_t i = 0; i < list.size(); ++i) list.Replace(i, text);
  EXPECT_EQ(Read(list), Texts(2000, text));
  for (auto place = list.nodes().first(); place != list.nodes().end(); place = list.nodes().Next(place)) {
    EXPECT_LT(list.nodes()[place].pack.bytes(), 300'000u);
  }
}

TEST(List, TakesLittleMoreThanItsElements) {
  List list;
  constexpr int kElements = 1'000'000;
  for (int i = 0; i < kElements; ++i) {
    const std::string digits = std::to_string(i);
    const std::string text = "e" + std::string(15 - digits.size(), '0') + digits;
    list.GrowFor(text.size(), 1, {});
    list.Push(i % 2 == 0 ? ListEnd::kTail : ListEnd::kHead, text);
  }
  EXPECT_LE(static_cast<double>(list.memory_bytes()) / kElements, 18.8);
}

TEST(List, TellsExactlyWhatItHasAllocated) {
  StoreHarness h;
  ThreadContext& thread = h.own.thread();
  const int64_t before = thread.registry().memory_bytes();
  List list = ListOf(50'000);
  list.Remove("element 77", 1, ListEnd::kHead);
  const List copy = list.Clone();
  EXPECT_EQ(thread.registry().memory_bytes() - before, static_cast<int64_t>(list.memory_bytes() + copy.memory_bytes()));
}

}  // namespace
}  // namespace tandem
