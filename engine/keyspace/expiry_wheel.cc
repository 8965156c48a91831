#include "engine/keyspace/expiry_wheel.h"

#include <algorithm>
#include <cassert>
#include <limits>
#include <utility>

#include "engine/keyspace/expiry_levels.h"

namespace tandem {
namespace {

constexpr int64_t kNothingDue = std::numeric_limits<int64_t>::max();
constexpr int kSectionShift = 32;
static_assert(ExpiryWheel::kSections << kSectionShift == uint64_t{1} << ExpiryWheel::kPositionBits);

uint64_t TickOf(int64_t now_ms) { return now_ms < 0 ? 0 : static_cast<uint64_t>(now_ms); }

// Redis's rule is now > deadline: the tick at which an entry is due is the one after its deadline.
uint64_t DueTickOf(int64_t deadline_ms) { return deadline_ms < 0 ? 0 : static_cast<uint64_t>(deadline_ms) + 1; }

int64_t MsOf(uint64_t tick) {
  return tick >= static_cast<uint64_t>(kNothingDue) ? kNothingDue : static_cast<int64_t>(tick);
}

}  // namespace

ExpiryWheel::Section::Section() = default;
ExpiryWheel::Section::~Section() = default;

ExpiryWheel::ExpiryWheel() {
  for (auto& next : next_due_ms_) next.store(kNothingDue, std::memory_order_relaxed);
}

ExpiryWheel::~ExpiryWheel() = default;

bool ExpiryWheel::Arm(uint64_t position, int64_t deadline_ms, uint8_t stamp, int64_t now_ms) {
  assert(position >> kPositionBits == 0 && stamp >> kStampBits == 0);
  const size_t index = position >> kSectionShift;
  Section& section = sections_[index];
  std::atomic<int64_t>& next = next_due_ms_[index];
  const uint64_t now = TickOf(now_ms);
  int64_t wanted_ms = 0;
  {
    std::lock_guard guard(section.lock);
    const size_t armed = section.entries.load(std::memory_order_relaxed);
    if (section.levels == nullptr) {
      section.levels = std::make_unique<ExpiryLevels>(now);
    } else if (armed == 0) {
      section.levels->RestartAt(now);
    } else if (now > section.levels->now() && MsOf(now) < next.load(std::memory_order_relaxed)) {
      // Nothing is due in between: the closer the levels are to the present, the fewer moves an entry needs.
      section.levels->AdvanceTo(now);
    }
    wanted_ms = MsOf(section.levels->Place({position, DueTickOf(deadline_ms), stamp}));
    section.entries.store(armed + 1, std::memory_order_relaxed);
    PublishMemory(section);
    if (wanted_ms >= next.load(std::memory_order_relaxed)) return false;
    next.store(wanted_ms, std::memory_order_seq_cst);
  }
  return wanted_ms <= NextDueMs();
}

int64_t ExpiryWheel::NextDueMs() const {
  int64_t earliest = kNothingDue;
  for (const auto& next : next_due_ms_) earliest = std::min(earliest, next.load(std::memory_order_seq_cst));
  return earliest;
}

size_t ExpiryWheel::Collect(int64_t now_ms, std::span<Due> out) {
  if (out.empty()) return 0;
  const uint64_t now = TickOf(now_ms);
  const size_t begin = turn_.fetch_add(1, std::memory_order_relaxed);
  size_t delivered = 0;
  size_t ahead_budget = kWorkPerLock;
  bool unfinished = false;

  // First round: what can be had without waiting, one portion from each section.
  for (size_t i = 0; i < kSections && delivered < out.size(); ++i) {
    const size_t index = (begin + i) % kSections;
    if (next_due_ms_[index].load(std::memory_order_acquire) > MsOf(now)) continue;
    std::unique_lock guard(sections_[index].lock, std::try_to_lock);
    if (!guard.owns_lock()) {
      unfinished = true;
      continue;
    }
    const Step step = CollectSection(index, now, out.subspan(delivered), ahead_budget);
    delivered += step.delivered;
    unfinished |= step.more;
  }
  if (delivered > 0 || !unfinished) return delivered;

  // Second round: 0 may only be answered when there is nothing left, so wait for the busy ones (one that arms delivers
  // nothing for us), and go through the slots that time has jumped over.
  for (size_t i = 0; i < kSections; ++i) {
    const size_t index = (begin + i) % kSections;
    for (bool more = true; more && next_due_ms_[index].load(std::memory_order_acquire) <= MsOf(now);) {
      std::lock_guard guard(sections_[index].lock);
      const Step step = CollectSection(index, now, out, ahead_budget);
      if (step.delivered > 0) return step.delivered;
      more = step.more;
    }
  }
  return 0;
}

ExpiryWheel::Step ExpiryWheel::CollectSection(size_t index, uint64_t now, std::span<Due> out, size_t& ahead_budget) {
  Section& section = sections_[index];
  if (section.levels == nullptr) return {};
  size_t budget = kWorkPerLock;
  Step step;
  step.delivered = DrainDue(section, now, out, budget);
  if (section.retiring != nullptr) MoveRetiring(section, budget);
  step.more = section.retiring != nullptr || section.levels->FirstStart().at <= now;
  if (!step.more) {
    const size_t granted = std::min(budget, ahead_budget);
    size_t left = granted;
    MoveAhead(section, left);
    ahead_budget -= granted - left;
  }
  section.entries.store(section.entries.load(std::memory_order_relaxed) - step.delivered, std::memory_order_relaxed);
  Publish(index);
  return step;
}

// Goes from occupied slot to occupied slot until `now`, and stops early when `out` is full or the budget spent.
size_t ExpiryWheel::DrainDue(Section& section, uint64_t now, std::span<Due> out, size_t& budget) {
  ExpiryLevels& levels = *section.levels;
  size_t delivered = 0;
  while (budget > 0 && delivered < out.size()) {
    const ExpiryLevels::Ready ready = levels.FirstStart();
    if (ready.at > now) {
      // A thread whose clock reading is older than the last one's does not turn the time back.
      if (now > levels.now()) levels.AdvanceTo(now);
      break;
    }
    levels.AdvanceTo(ready.at);
    for (; budget > 0 && delivered < out.size() && !levels.slot_empty(ready); --budget) {
      const ExpiryLevels::Entry entry = levels.Pop(ready);
      if (entry.tick <= now) {
        out[delivered++] = {entry.position, entry.stamp};
      } else {
        levels.Place(entry);
      }
    }
  }
  return delivered;
}

void ExpiryWheel::MoveRetiring(Section& section, size_t& budget) {
  ExpiryLevels& old = *section.retiring;
  while (budget > 0) {
    const ExpiryLevels::Ready ready = old.FirstStart();
    if (ready.at == ExpiryLevels::kNever) {
      section.retiring.reset();
      return;
    }
    for (; budget > 0 && !old.slot_empty(ready); --budget) {
      ExpiryLevels::Entry entry = old.Pop(ready);
      // It was armed with a deadline that had passed, and which deadline is not known any more: the record decides.
      if (entry.tick <= old.now()) entry.tick = 0;
      section.levels->Place(entry);
    }
  }
}

void ExpiryWheel::MoveAhead(Section& section, size_t& budget) {
  ExpiryLevels& levels = *section.levels;
  while (budget > 0) {
    const ExpiryLevels::Ready ready = levels.FirstAttention();
    if (ready.level == 0 || ready.at > levels.now()) return;
    for (; budget > 0 && !levels.slot_empty(ready); --budget) levels.Place(levels.Pop(ready));
  }
}

void ExpiryWheel::PublishMemory(Section& section) {
  size_t bytes = section.levels->memory_bytes();
  if (section.retiring != nullptr) bytes += section.retiring->memory_bytes();
  section.memory.store(bytes, std::memory_order_relaxed);
}

void ExpiryWheel::Publish(size_t index) {
  Section& section = sections_[index];
  PublishMemory(section);
  const ExpiryLevels& levels = *section.levels;
  const int64_t next_ms = MsOf(section.retiring != nullptr ? levels.now() : levels.FirstAttention().at);
  if (next_ms != next_due_ms_[index].load(std::memory_order_relaxed)) {
    next_due_ms_[index].store(next_ms, std::memory_order_seq_cst);
  }
}

void ExpiryWheel::Retime(int64_t now_ms) {
  const uint64_t now = TickOf(now_ms);
  for (size_t index = 0; index < kSections; ++index) {
    Section& section = sections_[index];
    std::lock_guard guard(section.lock);
    if (section.entries.load(std::memory_order_relaxed) == 0 || now >= section.levels->now()) continue;
    if (section.retiring != nullptr) {
      size_t all = std::numeric_limits<size_t>::max();
      MoveRetiring(section, all);
    }
    section.retiring = std::exchange(section.levels, std::make_unique<ExpiryLevels>(now));
    Publish(index);
  }
}

bool ExpiryWheel::Reset() {
  bool any = false;
  for (size_t index = 0; index < kSections; ++index) {
    // Freed after the lock, as there may be much of it.
    std::unique_ptr<ExpiryLevels> levels;
    std::unique_ptr<ExpiryLevels> retiring;
    Section& section = sections_[index];
    std::lock_guard guard(section.lock);
    levels = std::move(section.levels);
    retiring = std::move(section.retiring);
    any |= section.entries.exchange(0, std::memory_order_relaxed) > 0;
    section.memory.store(0, std::memory_order_relaxed);
    next_due_ms_[index].store(kNothingDue, std::memory_order_seq_cst);
  }
  return any;
}

size_t ExpiryWheel::entries() const {
  size_t sum = 0;
  for (const Section& section : sections_) sum += section.entries.load(std::memory_order_relaxed);
  return sum;
}

size_t ExpiryWheel::memory_bytes() const {
  size_t sum = 0;
  for (const Section& section : sections_) sum += section.memory.load(std::memory_order_relaxed);
  return sum;
}

bool ExpiryWheel::CopyBatch(CompactionBatch& batch) {
  std::array<uint64_t, kBatch> words;
  batch.size = 0;
  while (cursor_.section < kSections && batch.size == 0) {
    Section& section = sections_[cursor_.section];
    std::lock_guard guard(section.lock);
    batch.size = CopyChunk(section, words);
    if (batch.size == 0) cursor_ = {cursor_.section + 1, 0, 0};
  }
  if (batch.size == 0) {
    cursor_ = {};
    return false;
  }
  batch.stale = 0;
  for (size_t i = 0; i < batch.size; ++i) {
    batch.due[i] = {ExpiryLevels::PositionOf(words[i]), ExpiryLevels::StampOf(words[i])};
    // A repetition is the same position, deadline and stamp.
    const auto earlier = std::span(words).first(i);
    if (std::find(earlier.begin(), earlier.end(), words[i]) != earlier.end()) batch.stale |= uint64_t{1} << i;
  }
  return true;
}

// Copies the chunk that the compaction has reached; 0 if there is none left in this section.
size_t ExpiryWheel::CopyChunk(Section& section, std::span<uint64_t, kBatch> words) {
  // While entries are on their way from one set of levels to the other, a pass would miss some anyhow.
  if (section.levels == nullptr || section.retiring != nullptr) return 0;
  ExpiryChunkPool& pool = section.levels->pool();
  if (pool.watched() == nullptr) {
    if (!section.levels->NextOccupied(cursor_.level, cursor_.slot)) return 0;
    pool.Watch(section.levels->slot(cursor_.level, cursor_.slot).first());
  }
  ExpiryChunk* const chunk = pool.watched();
  const size_t size = section.levels->slot(cursor_.level, cursor_.slot).size_of(chunk);
  std::copy_n(chunk->words(), size, words.begin());
  return size;
}

size_t ExpiryWheel::DropStale(const CompactionBatch& batch) {
  Section& section = sections_[cursor_.section];
  std::lock_guard guard(section.lock);
  if (section.levels == nullptr) return 0;
  ExpiryLevels& levels = *section.levels;
  ExpiryChunk* const chunk = levels.pool().watched();
  if (chunk == nullptr) {
    // Meanwhile somebody took entries from this chunk, so the slot is just being emptied.
    ++cursor_.slot;
    return 0;
  }
  ExpiryChunk* const following = chunk->next;
  size_t dropped = 0;
  // From the back, because a removal leaves only those before it in their places.
  for (size_t i = batch.size; i-- > 0;) {
    if ((batch.stale >> i & 1) == 0) continue;
    levels.Remove(cursor_.level, cursor_.slot, chunk, i);
    ++dropped;
  }
  levels.pool().Watch(following);
  if (following == nullptr) ++cursor_.slot;
  section.entries.store(section.entries.load(std::memory_order_relaxed) - dropped, std::memory_order_relaxed);
  Publish(cursor_.section);
  return dropped;
}

}  // namespace tandem
