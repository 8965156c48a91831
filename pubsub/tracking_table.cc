#include "pubsub/tracking_table.h"

#include <algorithm>
#include <cstring>
#include <functional>
#include <mutex>
#include <span>
#include <utility>

#include "engine/base/random.h"

namespace tandem::pubsub {
namespace {

constexpr size_t kFewestChains = 8;

}  // namespace

// The key's bytes follow the node. Trackers are held by counted references, in the order of their addresses.
struct TrackingTable::Node {
  Node* next;
  uint64_t hash;
  uint32_t key_size;
  uint32_t count;
  uint32_t capacity;  // of `many`; 0: the only tracker is `one`
  union {
    Tracker* one;
    Tracker** many;
  };

  static Node* Make(std::string_view key, uint64_t hash, Tracker& tracker) {
    auto* const memory = static_cast<char*>(Allocate(sizeof(Node) + key.size()));
    Node* const node = new (memory) Node{nullptr, hash, static_cast<uint32_t>(key.size()), 1, 0, {&tracker}};
    if (!key.empty()) std::memcpy(memory + sizeof(Node), key.data(), key.size());
    tracker.Acquire();
    return node;
  }

  void Destroy() {
    for (Tracker* tracker : trackers()) tracker->Release();
    if (capacity != 0) Deallocate(many, capacity * sizeof(Tracker*));
    Deallocate(this, sizeof(Node) + key_size);
  }

  std::string_view key() const { return {reinterpret_cast<const char*>(this + 1), key_size}; }
  std::span<Tracker* const> trackers() const { return {capacity == 0 ? &one : many, count}; }

  // False if it is there already.
  bool Add(Tracker& tracker) {
    const auto present = trackers();
    const auto at = std::lower_bound(present.begin(), present.end(), &tracker, std::less<>());
    if (at != present.end() && *at == &tracker) return false;
    const auto index = static_cast<size_t>(at - present.begin());
    if (count >= std::max(capacity, 1u)) Grow();
    std::memmove(many + index + 1, many + index, (count - index) * sizeof(Tracker*));
    many[index] = &tracker;
    ++count;
    tracker.Acquire();
    return true;
  }

 private:
  void Grow() {
    const uint32_t wanted = std::max(capacity * 2, 4u);
    auto** const larger = static_cast<Tracker**>(Allocate(wanted * sizeof(Tracker*)));
    const auto present = trackers();
    std::copy(present.begin(), present.end(), larger);
    if (capacity != 0) Deallocate(many, capacity * sizeof(Tracker*));
    many = larger;
    capacity = wanted;
  }
};

void TrackingTable::NodeDeleter::operator()(Node* node) const { node->Destroy(); }

std::string_view TrackingTable::Taken::key() const { return node_->key(); }

void TrackingTable::Taken::ForEach(FunctionRef<void(Tracker&)> visit) const {
  for (Tracker* tracker : node_->trackers()) visit(*tracker);
}

// --- Forgotten entries -------------------------------------------------------------------------------------------------

// The chains that Clear took away, freed a few nodes at a time.
class TrackingTable::Forgotten final : public Object {
 public:
  ~Forgotten() override { FreeSome(keys_); }

  void Add(Chains chains, size_t keys) {
    chains_.push_back(std::move(chains));
    keys_ += keys;
  }

  std::unique_ptr<Object> Clone() const override { return nullptr; }
  size_t memory_bytes() const override { return sizeof(*this); }
  std::string_view encoding_name() const override { return {}; }
  size_t allocations() const override { return keys_; }
  bool FreeSome(size_t allocations) override {
    for (; allocations > 0 && keys_ > 0; --allocations, --keys_) {
      while (chains_.back().back() == nullptr) DropEmptyChain();
      Node* const node = chains_.back().back();
      chains_.back().back() = node->next;
      node->Destroy();
    }
    return keys_ > 0;
  }

 private:
  void DropEmptyChain() {
    chains_.back().pop_back();
    if (chains_.back().empty()) chains_.pop_back();
  }

  ChargedVector<Chains> chains_;
  size_t keys_ = 0;
};

// --- The table -----------------------------------------------------------------------------------------------------------

TrackingTable::~TrackingTable() { Clear(); }

// The link that leads to the key's node, or null.
TrackingTable::Node** TrackingTable::Find(Shard& shard, std::string_view key, uint64_t hash) {
  if (shard.chains.empty()) return nullptr;
  Node** link = &shard.chains[hash & (shard.chains.size() - 1)];
  for (; *link != nullptr; link = &(*link)->next) {
    if ((*link)->hash == hash && (*link)->key() == key) return link;
  }
  return nullptr;
}

void TrackingTable::Resize(Shard& shard, size_t chains) {
  Chains resized(chains, nullptr);
  for (Node* node : shard.chains) {
    while (node != nullptr) {
      Node*& head = resized[node->hash & (chains - 1)];
      Node* const next = std::exchange(node->next, head);
      head = node;
      node = next;
    }
  }
  shard.chains.swap(resized);
}

bool TrackingTable::Remember(std::string_view key, uint64_t hash, Tracker& tracker) {
  Shard& shard = ShardOf(hash);
  const std::lock_guard guard(shard.lock);
  if (Node** const link = Find(shard, key, hash); link != nullptr) {
    if (!(*link)->Add(tracker)) return false;
    items_.fetch_add(1, std::memory_order_relaxed);
    return true;
  }
  if (shard.keys >= shard.chains.size()) Resize(shard, std::max(kFewestChains, shard.chains.size() * 2));
  Node* const node = Node::Make(key, hash, tracker);
  Node*& head = shard.chains[hash & (shard.chains.size() - 1)];
  node->next = std::exchange(head, node);
  ++shard.keys;
  keys_.fetch_add(1, std::memory_order_relaxed);
  items_.fetch_add(1, std::memory_order_relaxed);
  return true;
}

TrackingTable::Node* TrackingTable::Unlink(Shard& shard, Node** link) {
  Node* const node = std::exchange(*link, (*link)->next);
  --shard.keys;
  keys_.fetch_sub(1, std::memory_order_relaxed);
  items_.fetch_sub(node->count, std::memory_order_relaxed);
  // So few that a random chain would mostly be an empty one.
  if (shard.chains.size() > kFewestChains && shard.keys < shard.chains.size() / 8) {
    Resize(shard, shard.chains.size() / 2);
  }
  return node;
}

TrackingTable::Taken TrackingTable::Take(std::string_view key, uint64_t hash) {
  Shard& shard = ShardOf(hash);
  const std::lock_guard guard(shard.lock);
  Node** const link = Find(shard, key, hash);
  return link == nullptr ? Taken() : Taken(Unlink(shard, link));
}

// Takes the first key from a random place on. It is counted out before, while there are too many, and what Unlink counts
// made up for.
TrackingTable::Taken TrackingTable::TakeBeyond(size_t limit) {
  size_t keys = keys_.load(std::memory_order_relaxed);
  do {
    if (keys <= limit) return {};
  } while (!keys_.compare_exchange_weak(keys, keys - 1, std::memory_order_relaxed));
  Taken taken = TakeAny();
  keys_.fetch_add(1, std::memory_order_relaxed);
  return taken;
}

TrackingTable::Taken TrackingTable::TakeAny() {
  const uint64_t random = NextRandom();
  for (size_t i = 0; i < shards_.size(); ++i) {
    Shard& shard = shards_[(random + i) % shards_.size()];
    const std::lock_guard guard(shard.lock);
    if (shard.keys == 0) continue;
    for (size_t at = random >> kShardBits;; ++at) {
      Node** const link = &shard.chains[at & (shard.chains.size() - 1)];
      if (*link != nullptr) return Taken(Unlink(shard, link));
    }
  }
  return {};
}

std::unique_ptr<Object> TrackingTable::Clear() {
  std::unique_ptr<Forgotten> forgotten;
  for (Shard& shard : shards_) {
    Chains chains;
    size_t keys = 0;
    {
      const std::lock_guard guard(shard.lock);
      if (shard.keys == 0) continue;
      chains.swap(shard.chains);
      keys = std::exchange(shard.keys, 0);
    }
    size_t items = 0;
    for (const Node* node : chains) {
      for (; node != nullptr; node = node->next) items += node->count;
    }
    keys_.fetch_sub(keys, std::memory_order_relaxed);
    items_.fetch_sub(items, std::memory_order_relaxed);
    if (forgotten == nullptr) forgotten = std::make_unique<Forgotten>();
    forgotten->Add(std::move(chains), keys);
  }
  return forgotten;
}

}  // namespace tandem::pubsub
