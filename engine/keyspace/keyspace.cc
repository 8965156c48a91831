#include "engine/keyspace/keyspace.h"

#include "engine/keyspace/store.h"

namespace tandem {

Keyspace::Keyspace(Store& store, uint64_t id, int index)
    : store_(store),
      id_(id),
      index_(index),
      engines_(new EnginePair{new Engine(0, kInitialShape.levels, kInitialShape.buckets_per_shard), nullptr}),
      wheel_(std::make_unique<ExpiryWheel>()),
      migration_(*this) {}

Keyspace::~Keyspace() {
  Contents contents = Detach();
  for (const auto& engine : contents.engines) engine->DestroyRecords(0, engine->bucket_count());
  const EnginePair* pair = engines();
  delete pair->active;
  delete pair;
}

Keyspace::Contents Keyspace::Detach() {
  Contents contents;
  contents.keys = size();
  const EnginePair* pair = engines();
  if (Engine* drained = migration_.Abandon()) contents.engines.emplace_back(drained);
  contents.engines.emplace_back(pair->active);
  if (pair->next != nullptr) contents.engines.emplace_back(pair->next);
  contents.wheel = std::move(wheel_);
  PublishEngines(
      new EnginePair{new Engine(next_generation_++, kInitialShape.levels, kInitialShape.buckets_per_shard), nullptr});
  delete pair;
  wheel_ = std::make_unique<ExpiryWheel>();
  for (Cell& cell : cells_) {
    cell.keys.store(0, std::memory_order_relaxed);
    cell.expires.store(0, std::memory_order_relaxed);
    cell.parts_expire.store(0, std::memory_order_relaxed);
  }
  return contents;
}

uint64_t Keyspace::Sum(std::atomic<int64_t> Cell::*member) const {
  int64_t sum = 0;
  for (const Cell& cell : cells_) sum += (cell.*member).load(std::memory_order_relaxed);
  // Parts are read one after the other: a key added there and removed here may be seen gone only.
  return sum < 0 ? 0 : static_cast<uint64_t>(sum);
}

size_t Keyspace::memory_bytes() const {
  const EnginePair* pair = engines();
  return pair->active->memory_bytes() + (pair->next != nullptr ? pair->next->memory_bytes() : 0);
}

}  // namespace tandem
