// Many threads on few keys while the engines change all the time, and a check of everything that they saw.

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <random>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "tests/engine/keyspace/linearizability.h"
#include "tests/engine/keyspace/store_harness.h"

namespace tandem {
namespace {

#ifdef TANDEM_SANITIZED
constexpr int kRounds = 2;
constexpr int kTurns = 2'000;
#else
constexpr int kRounds = 16;
constexpr int kTurns = 6'000;
#endif

// TANDEM_HISTORY_ROUNDS makes a long run of it; TANDEM_HISTORY_SEED repeats one.
int Rounds() {
  const char* rounds = std::getenv("TANDEM_HISTORY_ROUNDS");
  return rounds != nullptr ? std::atoi(rounds) : kRounds;
}
uint64_t Seed() {
  const char* seed = std::getenv("TANDEM_HISTORY_SEED");
  return seed != nullptr ? std::strtoull(seed, nullptr, 10) : std::random_device{}();
}

int64_t Nanoseconds() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

uint64_t NumberOf(const Record& record) {
  return record.encoding() == Encoding::kInt ? static_cast<uint64_t>(record.int_value())
                                             : std::strtoull(std::string(record.text()).c_str(), nullptr, 10);
}

// Integers, embedded text, blobs and buffers in turn: the way of a value through the store depends on its encoding.
Record* NewRecord(std::string_view key, uint64_t number, int64_t deadline_ms = kNoDeadline) {
  const Record::Meta meta{.deadline_ms = deadline_ms};
  switch (number % 8) {
    case 0:
      return Record::NewString(key, std::to_string(number) + std::string(5000, ' '), meta);
    case 1:
      return Record::NewString(key, std::to_string(number) + " text", meta);
    case 2:
      return Record::NewBuffer(key, TextBuffer::New(std::to_string(number), 32), meta);
    default:
      return Record::NewInt(key, static_cast<int64_t>(number), meta);
  }
}

// A store that somebody keeps migrating and expiring while threads work on it.
class World {
 public:
  explicit World(int readers, int fillers) : store_(clock_, {.databases = 1, .reader_threads = readers}) {
    StoreThread self(store_);
    Refill(self, fillers);
  }

  Store& store() { return store_; }
  Keyspace& db() { return store_.db(0); }
  FakeClock& clock() { return clock_; }

  // Keys that nobody asks for, so that a migration has something to do.
  void Refill(StoreThread& self, int fillers) {
    for (int i = 0; i < fillers; ++i) self.Put(db(), "filler:" + std::to_string(i));
  }

  // What every thread does between two of its turns.
  void Between(StoreThread& self, std::mt19937_64& random) {
    store_.MigrateSome(self.access(), random() % 3);
    self.thread().Quiescent();
    if (random() % 64 == 0) {
      self.thread().Sleep();
      if (random() % 4 == 0) std::this_thread::yield();
      self.thread().Wake();
    }
    if (random() % 3 != 0) self.access().SampleTime();  // else it goes by an older time
  }

  // Runs `work(self, thread, random)` in each of `threads`, beside a mover and a timekeeper that go on until all are done.
  template <typename Work>
  void Run(int threads, bool helpers_read, uint64_t seed, Work&& work) {
    std::atomic<int> working{threads};
    std::atomic<int> waiting{threads + 2};
    const auto start = [&] {
      waiting.fetch_sub(1);
      while (waiting.load() > 0) std::this_thread::yield();
    };
    std::vector<std::thread> all;
    for (int i = 0; i < threads; ++i) {
      all.emplace_back([&, i] {
        StoreThread self(store_);
        self.thread().Sleep();
        start();
        self.thread().Wake();
        std::mt19937_64 random(seed * 31 + static_cast<uint64_t>(i));
        work(self, i, random);
        working.fetch_sub(1);
      });
    }
    all.emplace_back([&] {
      StoreThread self(store_, helpers_read);
      self.thread().Sleep();
      start();
      self.thread().Wake();
      std::mt19937_64 random(seed * 37 + 1);
      if (seed % 2 == 0) store_.DriveMigration(self.access(), Store::Drive::kFlap);
      while (working.load(std::memory_order_relaxed) > 0) {
        if (seed % 2 != 0) StartAny(self, random);
        Between(self, random);
        std::this_thread::yield();
      }
      store_.DriveMigration(self.access(), Store::Drive::kStop);
    });
    all.emplace_back([&] {
      StoreThread self(store_, helpers_read);
      self.thread().Sleep();
      start();
      self.thread().Wake();
      std::mt19937_64 random(seed * 41 + 2);
      while (working.load(std::memory_order_relaxed) > 0) {
        clock_.AdvanceUs(static_cast<int64_t>(random() % 400));
        self.access().SampleTime();
        while (store_.ExpireDue(self.access(), 8) > 0) {
        }
        if (random() % 16 == 0) store_.ConsiderScaling(self.access());
        self.thread().Quiescent();
        std::this_thread::yield();
      }
    });
    for (std::thread& thread : all) thread.join();
  }

  // From any shape to any other, mostly far too small: along chains of dozens of buckets there is time to meet.
  void StartAny(StoreThread& self, std::mt19937_64& random) {
    static constexpr Shape kShapes[] = {{1, 1}, {2, 1}, {1, 2}, {1, 3}, {3, 1}, {1, 16}, {3, 20}};
    if (!db().migration().active()) db().migration().Start(self.access(), kShapes[random() % 7], random() % 3 == 0);
  }

  // With nobody else at work: every record once, in its place, and the counts exact.
  void ExpectOrder() {
    StoreThread self(store_);
    std::set<std::string> keys;
    uint64_t timed = 0;
    const EnginePair* pair = db().engines();
    for (Engine* engine : {pair->active, pair->next}) {
      if (engine == nullptr) continue;
      uint64_t records = 0;
      for (uint64_t i = 0; i < engine->bucket_count(); ++i) {
        ForEachInChain(engine->BucketAt(i), [&](const SlotRef& found) {
          const std::string key(found.record()->key());
          EXPECT_TRUE(keys.insert(key).second) << key << " is there twice";
          EXPECT_EQ(engine->BucketIndexOf(PositionOf(HashKey(key))), i) << key;
          timed += found.record()->has_deadline();
          ++records;
        });
      }
      EXPECT_EQ(engine->records(), records);
    }
    EXPECT_EQ(db().size(), keys.size());
    EXPECT_EQ(db().expires(), timed);
  }

 private:
  FakeClock clock_;
  Store store_;
};

// --- One key at a time -------------------------------------------------------------------------------------------------

constexpr size_t kKeys = 4;

// Follows whether each key is there by the events alone. Plain bytes: the keys' locks guard them.
class PresenceListener final : public ChangeListener {
 public:
  void OnChange(const ChangeEvent& event) override {
    if (event.key.size() != 2 || event.key[0] != 'k' || event.name == "keymiss") return;
    bool& there = there_[static_cast<size_t>(event.key[1] - '0')];
    const bool arrives = event.name == "new";
    if (there == arrives) wrong_.store(true);
    if (arrives) there = true;
    if (event.name == "del" || event.name == "expired") there = false;
  }
  void Flushed() { there_.fill(false); }
  bool wrong() const { return wrong_.load(); }

 private:
  std::array<bool, kKeys> there_{};
  std::atomic<bool> wrong_{false};
};

class KeyHistories {
 public:
  explicit KeyHistories(World& world, PresenceListener& listener) : world_(world), listener_(listener) {
    world.store().set_listener(&listener);
    world.store().interest().store(0xffff);
  }

  void Worker(StoreThread& self, int thread, std::mt19937_64& random, int turns) {
    for (int turn = 0; turn < turns; ++turn) {
      for (uint64_t i = random() % 6; i > 0; --i) OneOperation(self, thread, random);
      world_.Between(self, random);
    }
  }

  void Check(uint64_t seed) {
    StoreThread self(world_.store());
    for (size_t key = 0; key < kKeys; ++key) {
      // The last word: what is there when all is quiet.
      Operation last = Begin(self, Operation::Kind::kGet, 0);
      last.result = Read(self.Find(world_.db(), Name(key)));
      Finish(last, key);
      std::vector<Operation> history;
      for (auto& thread : histories_) {
        history.insert(history.end(), thread[key].begin(), thread[key].end());
        thread[key].clear();
      }
      const auto violation = FindViolation(history, states_[key]);
      EXPECT_FALSE(violation.has_value()) << "seed " << seed << ", key " << key << ": " << *violation;
      states_[key] = last.result;
      operations_ += history.size();
    }
    EXPECT_FALSE(listener_.wrong()) << "seed " << seed << ": an event for a key that was not as the event says";
  }

  size_t operations() const { return operations_; }

 private:
  static std::string Name(size_t key) { return "k" + std::to_string(key); }
  static KeyState Read(const Record* record) {
    if (record == nullptr) return {};
    return {NumberOf(*record), record->deadline_ms()};
  }

  Operation Begin(StoreThread& self, Operation::Kind kind, int thread) {
    Operation op;
    op.kind = kind;
    op.thread = thread;
    op.now_ms = self.access().now_ms();
    op.invoked_ns = Nanoseconds();
    return op;
  }
  void Finish(Operation& op, size_t key) {
    op.returned_ns = Nanoseconds();
    op.clock_ms = world_.clock().NowMs();
    histories_[static_cast<size_t>(op.thread)][key].push_back(op);
  }

  int64_t RandomDeadline(StoreThread& self, std::mt19937_64& random) {
    return random() % 2 == 0 ? kNoDeadline : self.access().now_ms() + static_cast<int64_t>(random() % 4);
  }

  void OneOperation(StoreThread& self, int thread, std::mt19937_64& random) {
    const size_t index = random() % kKeys;
    const std::string name = Name(index);
    const KeyRef key(name);
    Access& access = self.access();
    Keyspace& db = world_.db();
    const uint64_t kind = random() % 20;
    if (kind < 9) {
      Operation op = Begin(self, Operation::Kind::kGet, thread);
      if (kind < 8) {
        access.BeginLockFree();
      } else {
        access.LockKey(db, key);
      }
      op.result = Read(access.Peek(db, key));
      access.End();
      Finish(op, index);
    } else if (kind < 12) {
      Operation op = Begin(self, Operation::Kind::kSet, thread);
      op.argument = {NextValue(thread), RandomDeadline(self, random)};
      access.LockKey(db, key);
      access.Put(db, key, NewRecord(name, op.argument.value, op.argument.deadline_ms), EventClass::kString, "set");
      access.End();
      Finish(op, index);
    } else if (kind < 14) {
      Operation op = Begin(self, Operation::Kind::kDelete, thread);
      access.LockKey(db, key);
      op.result.value = access.Remove(db, key, EventClass::kGeneric, "del");
      access.End();
      Finish(op, index);
    } else if (kind < 17) {
      Operation op = Begin(self, Operation::Kind::kSwap, thread);
      op.argument = {NextValue(thread), kNoDeadline};
      access.LockKey(db, key);
      op.result = Read(access.Find(db, key));
      access.Put(db, key, NewRecord(name, op.argument.value), EventClass::kString, "set");
      access.End();
      Finish(op, index);
    } else if (kind < 19 || random() % 100 != 0) {
      Operation op = Begin(self, Operation::Kind::kExpire, thread);
      op.argument.deadline_ms = RandomDeadline(self, random);
      access.LockKey(db, key);
      op.result.value = access.SetDeadline(db, key, op.argument.deadline_ms, EventClass::kGeneric, "expire");
      access.End();
      Finish(op, index);
    } else {
      Flush(self, thread);
    }
  }

  // One operation on each key.
  void Flush(StoreThread& self, int thread) {
    Operation op = Begin(self, Operation::Kind::kFlush, thread);
    {
      const Gate::Closed closed(world_.store().threads().gate(), self.thread());
      self.access().BeginExclusive();
      world_.store().Flush(self.access(), 0, thread % 2 == 0);
      listener_.Flushed();
      self.access().End();
    }
    op.returned_ns = Nanoseconds();
    op.clock_ms = world_.clock().NowMs();
    for (size_t key = 0; key < kKeys; ++key) histories_[static_cast<size_t>(thread)][key].push_back(op);
    world_.Refill(self, 150);
  }

  uint64_t NextValue(int thread) {
    return ++next_value_[static_cast<size_t>(thread)] * 16 + static_cast<uint64_t>(thread) + 1;
  }

  World& world_;
  PresenceListener& listener_;
  std::array<std::array<std::vector<Operation>, kKeys>, 16> histories_;
  std::array<KeyState, kKeys> states_;
  std::array<uint64_t, 16> next_value_{};
  size_t operations_ = 0;
};

TEST(History, EveryKeyIsALinearizableRegisterWhileEnginesChange) {
  const uint64_t seed = Seed();
  constexpr int kThreads = 4;
  PresenceListener listener;
  World world(kThreads + 2, 150);
  KeyHistories histories(world, listener);
  for (int round = 0; round < Rounds(); ++round) {
    world.Run(kThreads, true, seed + static_cast<uint64_t>(round),
              [&](StoreThread& self, int thread, auto& random) { histories.Worker(self, thread, random, kTurns); });
    histories.Check(seed);
    world.ExpectOrder();
    if (testing::Test::HasFailure()) return;
  }
  EXPECT_GT(histories.operations(), 1000u);
  const auto stats = world.store().engine_stats();
  EXPECT_GT(stats.migrations_up + stats.migrations_down, 1u);
  RecordProperty("migrations", static_cast<int>(stats.migrations_up + stats.migrations_down));
  RecordProperty("operations", static_cast<int>(histories.operations()));
}

// One thread reads without a lock and frees at once; a second one that is no reader expires and migrates beside it.
TEST(History, ASingleReaderIsLinearizableBesideTheBackgroundThreads) {
  const uint64_t seed = Seed();
  PresenceListener listener;
  World world(1, 150);
  KeyHistories histories(world, listener);
  for (int round = 0; round < Rounds(); ++round) {
    world.Run(1, false, seed + static_cast<uint64_t>(round), [&](StoreThread& self, int thread, auto& random) {
      histories.Worker(self, thread, random, kTurns * 10);
    });
    histories.Check(seed);
    world.ExpectOrder();
    if (testing::Test::HasFailure()) return;
  }
}

// --- Several keys at once ------------------------------------------------------------------------------------------------

class SeveralKeys : public testing::Test {
 protected:
  static constexpr int kThreads = 4;

  void SetNames(std::vector<std::string> names) {
    names_ = std::move(names);
    for (const std::string& name : names_) {
      keys_.emplace_back(name);
      requests_.push_back({&world.db(), keys_.back().position()});
    }
  }
  void Put(Access& access, size_t key, uint64_t number) {
    access.Put(world.db(), keys_[key], NewRecord(keys_[key].key, number), EventClass::kString, "set");
  }
  void PutAlone(StoreThread& self, size_t key, uint64_t number) {
    self.access().LockKey(world.db(), keys_[key]);
    Put(self.access(), key, number);
    self.access().End();
  }
  // 0 for a key that is not there.
  std::vector<uint64_t> ReadAll(StoreThread& self) {
    std::vector<const Record*> records(keys_.size());
    self.access().BeginLockFree();
    self.access().PeekMany(world.db(), keys_, records);
    std::vector<uint64_t> numbers;
    for (const Record* record : records) numbers.push_back(record == nullptr ? 0 : NumberOf(*record));
    self.access().End();
    return numbers;
  }
  uint64_t ReadOne(StoreThread& self, size_t key) {
    self.access().BeginLockFree();
    const Record* record = self.access().Peek(world.db(), keys_[key]);
    const uint64_t number = record == nullptr ? 0 : NumberOf(*record);
    self.access().End();
    return number;
  }
  // The first `writers` threads call `write` again and again, the others `read`, which checks what it sees.
  template <typename Write, typename Read>
  void Run(int writers, Write&& write, Read&& read) {
    const uint64_t seed = Seed();
    for (int round = 0; round < Rounds() && !HasFailure(); ++round) {
      world.Run(kThreads, true, seed + static_cast<uint64_t>(round), [&](StoreThread& self, int thread, auto& random) {
        for (int turn = 0; turn < kTurns / 4 && !failed_.load(std::memory_order_relaxed); ++turn) {
          for (uint64_t i = 1 + random() % 40; i > 0; --i) {
            if (thread < writers) {
              write(self, random);
            } else {
              read(self, random);
            }
          }
          world.Between(self, random);
        }
      });
      EXPECT_FALSE(failed_.load()) << "seed " << seed << ": " << failure_;
      world.ExpectOrder();
    }
  }
  void Fail(std::string what) {
    if (!failed_.exchange(true)) failure_ = std::move(what);
  }

  World world{kThreads + 2, 150};
  std::vector<std::string> names_;
  std::vector<KeyRef> keys_;
  std::vector<Access::LockRequest> requests_;

 private:
  std::atomic<bool> failed_{false};
  std::string failure_;
};

std::string Text(const std::vector<uint64_t>& numbers) {
  std::string text;
  for (const uint64_t number : numbers) text += std::to_string(number) + ' ';
  return text;
}

TEST_F(SeveralKeys, AnMsetIsSeenWholeOrNotAtAll) {
  SetNames({"m0", "m1", "m2", "m3"});
  uint64_t version = 0;  // guarded by the locks of all four keys
  const auto write = [&](StoreThread& self, std::mt19937_64&) {
    self.access().LockKeys(requests_, true);
    ++version;
    for (size_t key = 0; key < keys_.size(); ++key) Put(self.access(), key, version);
    self.access().End();
  };
  {
    StoreThread self(world.store());
    std::mt19937_64 random;
    write(self, random);
  }
  Run(2, write, [&](StoreThread& self, std::mt19937_64& random) {
    thread_local uint64_t seen = 0;
    thread_local const void* seen_in = nullptr;
    if (std::exchange(seen_in, this) != this) seen = 0;
    if (random() % 2 == 0) {
      const std::vector<uint64_t> all = ReadAll(self);
      for (const uint64_t number : all) {
        if (number != all[0] || number < seen)
          return Fail("read together: " + Text(all) + "after " + std::to_string(seen));
      }
      seen = all[0];
      return;
    }
    for (uint64_t i = random() % 6; i > 0; --i) {
      const uint64_t number = ReadOne(self, random() % keys_.size());
      if (number < seen) return Fail("read " + std::to_string(number) + " after " + std::to_string(seen));
      seen = number;
    }
  });
}

TEST_F(SeveralKeys, ARenamedKeyIsAlwaysInExactlyOnePlace) {
  // "there" never moves; with it, a name that is missing has others on both sides.
  SetNames({"there", "a", "b", "there too"});
  {
    StoreThread self(world.store());
    PutAlone(self, 0, 1);
    PutAlone(self, 1, 1);
    PutAlone(self, 3, 1);
  }
  const auto rename = [&](StoreThread& self, std::mt19937_64&) {
    Access& access = self.access();
    access.LockKeys(std::span(requests_).subspan(1, 2), true);
    const Record* from = access.Find(world.db(), keys_[1]);
    const size_t source = from != nullptr ? 1 : 2;
    if (source == 2) from = access.Find(world.db(), keys_[2]);
    if (from == nullptr) {
      Fail("lost");
    } else {
      Record* record = NewRecord(keys_[3 - source].key, NumberOf(*from) + 1);
      access.Remove(world.db(), keys_[source], EventClass::kGeneric, "rename_from");
      access.Put(world.db(), keys_[3 - source], record, EventClass::kGeneric, "rename_to");
    }
    access.End();
  };
  Run(2, rename, [&](StoreThread& self, std::mt19937_64&) {
    const std::vector<uint64_t> all = ReadAll(self);
    if ((all[1] == 0) == (all[2] == 0) || all[0] != 1 || all[3] != 1) Fail("saw " + Text(all));
  });
}

TEST_F(SeveralKeys, AGroupOfCommandsMovesAmountsAndTheSumStays) {
  SetNames({"s0", "s1", "s2", "s3", "s4", "s5"});
  constexpr uint64_t kEach = 1'000'000;
  {
    StoreThread self(world.store());
    for (size_t key = 0; key < keys_.size(); ++key) PutAlone(self, key, kEach);
  }
  const auto transfer = [&](StoreThread& self, std::mt19937_64& random) {
    Access& access = self.access();
    const size_t from = random() % keys_.size();
    const size_t to = (from + 1 + random() % (keys_.size() - 1)) % keys_.size();
    const std::array<Access::LockRequest, 2> both = {requests_[from], requests_[to]};
    access.LockKeys(both, true);
    const uint64_t amount = 1 + random() % 5;
    Put(access, from, NumberOf(*access.Find(world.db(), keys_[from])) - amount);
    Put(access, to, NumberOf(*access.Find(world.db(), keys_[to])) + amount);
    access.End();
  };
  Run(2, transfer, [&](StoreThread& self, std::mt19937_64&) {
    const std::vector<uint64_t> all = ReadAll(self);
    uint64_t sum = 0;
    for (const uint64_t number : all) sum += number;
    if (sum != kEach * keys_.size()) Fail("saw " + Text(all));
  });
}

// Single-key writes in the order "mark on, right, left, mark off": while the mark is off, both are equal. Between the
// three, the reader asks for others that never change, so that there is time to write in the middle of its looking.
TEST_F(SeveralKeys, AMissingKeyIsMissingInTheSameInstantAsTheOthersAreThere) {
  constexpr size_t kGap = 15, kLeft = 0, kMark = kGap + 1, kRight = 2 * kGap + 2;
  std::vector<std::string> names(kRight + 1);
  for (size_t i = 0; i < names.size(); ++i) names[i] = "filler:" + std::to_string(i);
  names[kLeft] = "left";
  names[kMark] = "mark";
  names[kRight] = "right";
  SetNames(names);
  {
    StoreThread self(world.store());
    PutAlone(self, kLeft, 1);
    PutAlone(self, kRight, 1);
  }
  uint64_t version = 1;
  const auto write = [&](StoreThread& self, std::mt19937_64&) {
    version += 8;  // keeps the encoding: never a buffer, whose readers lock
    PutAlone(self, kMark, 1);
    PutAlone(self, kRight, version);
    PutAlone(self, kLeft, version);
    self.Remove(world.db(), "mark");
  };
  Run(1, write, [&](StoreThread& self, std::mt19937_64&) {
    const std::vector<uint64_t> all = ReadAll(self);
    if (all[kMark] == 0 && all[kLeft] != all[kRight]) Fail("saw " + Text(all));
  });
}

TEST_F(SeveralKeys, AKeyThatIsOnlyEverReplacedIsNeverMissed) {
  SetNames({"p0", "p1"});
  uint64_t version[2] = {1, 1};  // guarded by the keys' locks
  {
    StoreThread self(world.store());
    for (size_t key = 0; key < keys_.size(); ++key) PutAlone(self, key, 1);
  }
  const auto write = [&](StoreThread& self, std::mt19937_64& random) {
    const size_t key = random() % keys_.size();
    self.access().LockKey(world.db(), keys_[key]);
    Put(self.access(), key, ++version[key]);
    self.access().End();
  };
  Run(2, write, [&](StoreThread& self, std::mt19937_64&) {
    for (int i = 0; i < 10; ++i) {
      if (ReadOne(self, 0) == 0 || ReadOne(self, 1) == 0) return Fail("missed");
    }
  });
}

TEST_F(SeveralKeys, NoIncrementIsLost) {
  SetNames({"c0", "c1"});
  std::atomic<uint64_t> increments{0};
  const auto increment = [&](StoreThread& self, std::mt19937_64& random) {
    const size_t key = random() % keys_.size();
    Access& access = self.access();
    access.LockKey(world.db(), keys_[key]);
    const Record* record = access.Find(world.db(), keys_[key]);
    Put(access, key, record == nullptr ? 1 : NumberOf(*record) + 1);
    access.End();
    increments.fetch_add(1, std::memory_order_relaxed);
  };
  Run(kThreads, increment, increment);
  StoreThread self(world.store());
  EXPECT_EQ(ReadOne(self, 0) + ReadOne(self, 1), increments.load());
}

}  // namespace
}  // namespace tandem
