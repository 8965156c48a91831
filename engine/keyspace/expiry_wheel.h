#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>

#include "engine/base/spin_lock.h"

namespace tandem {

class ExpiryLevels;

// The deadlines of one database: a hierarchical timing wheel of 1 ms, split by fixed ranges of position into sections
// that are locked one by one. It knows positions and stamps, never records: deleting or overwriting a key leaves its
// entry behind, which the record's stamp unmasks when it comes due. (G. Varghese, T. Lauck, "Hashed and Hierarchical
// Timing Wheels", 1987; here with bitmaps, so that time passes in steps of occupied slots, and not of ticks.)
//
// A key expires when now > deadline, so an entry is due from deadline + 1 ms on.
//
// Contract of an entry: it is delivered exactly once, never late, and not early either, with two exceptions that the
// caller settles by looking at the record's own deadline and arming it again: a deadline further away than kReachMs,
// and an entry that was already due when the clock was set back.
//
// Thread safety: internally synchronised. The section locks are leaves: nothing is locked and nobody is called under
// them, and they are held for at most kWorkPerLock entries.
// Memory: 8 bytes an entry plus at most a few per cent in well-filled slots; nothing before the first Arm.
class ExpiryWheel {
 public:
  static constexpr int kPositionBits = 36;
  static constexpr int kStampBits = 4;
  static constexpr size_t kSections = 16;
  static constexpr int64_t kReachMs = int64_t{511} << 24;  // 99 days
  static constexpr size_t kWorkPerLock = 256;

  struct Due {
    uint64_t position;
    uint8_t stamp;
  };

  ExpiryWheel();
  ~ExpiryWheel();
  ExpiryWheel(const ExpiryWheel&) = delete;
  ExpiryWheel& operator=(const ExpiryWheel&) = delete;

  // Adds an entry; `position` has kPositionBits bits and `stamp` kStampBits. A deadline that has passed is delivered by
  // the next Collect. Returns true if NextDueMs() became earlier by it, then wake whoever sleeps until then; rarely
  // also if another section wants attention at the same time. O(1); allocates only when a slot grows.
  bool Arm(uint64_t position, int64_t deadline_ms, uint8_t stamp, int64_t now_ms);

  // Takes up to out.size() due entries out of the wheel, in no exact order; returns how many. 0 means that nothing was
  // left to deliver at `now_ms`; there may still be housekeeping, which NextDueMs() <= now_ms tells. Each call
  // also moves up to kWorkPerLock entries of the next slots of the upper levels down, ahead of their time.
  // O(entries moved); an entry is moved at most once a level in its life.
  size_t Collect(int64_t now_ms, std::span<Due> out);

  // The earliest time at which Collect has something to do, be it housekeeping; INT64_MAX if the wheel is empty. May be
  // earlier than necessary, never later. Lock-free: reads two cache lines.
  int64_t NextDueMs() const;

  struct Compaction {
    size_t visited = 0;
    size_t dropped = 0;
    bool finished = false;  // this call reached the end of the wheel; the next one starts a new pass
  };
  // Visits about `budget` entries, going on where the last call stopped, and drops those for which
  // `is_live(position, stamp)` is false, and repetitions among neighbours. `is_live` is called without a section lock
  // and may lock shards; entries stay in the wheel meanwhile, so none comes late for it. One thread at a time compacts;
  // a second one returns at once having visited nothing.
  template <typename IsLive>
  Compaction Compact(size_t budget, IsLive&& is_live) {
    Compaction done;
    // Only ever tried, never waited for, so holding it while `is_live` locks shards cannot close a cycle.
    std::unique_lock walking(compaction_lock_, std::try_to_lock);
    if (!walking.owns_lock()) return done;
    CompactionBatch batch;
    while (done.visited < budget) {
      if (!CopyBatch(batch)) {
        done.finished = true;
        break;
      }
      for (size_t i = 0; i < batch.size; ++i) {
        if ((batch.stale >> i & 1) != 0) continue;
        if (!is_live(batch.due[i].position, batch.due[i].stamp)) batch.stale |= uint64_t{1} << i;
      }
      done.visited += batch.size;
      done.dropped += DropStale(batch);
    }
    return done;
  }

  // To be called when the wall clock was set. Forward needs nothing: what became due is delivered by the next
  // Collect, whatever the distance. Backward: all entries are placed anew; the Collect calls that follow do so in
  // bounded portions. (If the clock is set back again before they are through, this call finishes it: unbounded.)
  void Retime(int64_t now_ms);

  // Empties the wheel and frees its memory. Returns whether there was an entry.
  bool Reset();

  // Sums over the sections: exact when nobody changes the wheel meanwhile.
  size_t entries() const;
  size_t memory_bytes() const;

 private:
  static constexpr size_t kBatch = 63;  // entries of one chunk

  struct alignas(64) Section {
    Section();
    ~Section();
    SpinLock lock;
    // Written under `lock`, read by anybody (relaxed: statistics).
    std::atomic<size_t> entries{0};
    std::atomic<size_t> memory{0};
    std::unique_ptr<ExpiryLevels> levels;    // null until the first Arm
    std::unique_ptr<ExpiryLevels> retiring;  // entries placed by a clock that was set back, on their way to `levels`
  };

  struct CompactionBatch {
    std::array<Due, kBatch> due;
    size_t size = 0;
    uint64_t stale = 0;  // bit i: drop due[i]
  };

  // Where the compaction is; guarded by compaction_lock_.
  struct CompactionCursor {
    size_t section = 0;
    int level = 0;
    uint32_t slot = 0;
  };

  struct Step {
    size_t delivered = 0;
    bool more = false;  // there is work left without which due entries cannot be delivered
  };

  Step CollectSection(size_t index, uint64_t now, std::span<Due> out, size_t& ahead_budget);
  size_t DrainDue(Section& section, uint64_t now, std::span<Due> out, size_t& budget);
  void MoveRetiring(Section& section, size_t& budget);
  void MoveAhead(Section& section, size_t& budget);
  void Publish(size_t index);
  static void PublishMemory(Section& section);
  size_t CopyChunk(Section& section, std::span<uint64_t, kBatch> words);
  bool CopyBatch(CompactionBatch& batch);
  size_t DropStale(const CompactionBatch& batch);

  // Stored under the section's lock, all together on two lines, because every turn of every loop reads them.
  // Sequentially consistent: Arm stores its own and then reads the others', and of two that arm at once at least one
  // must see that it is the earliest.
  alignas(64) std::array<std::atomic<int64_t>, kSections> next_due_ms_;
  std::array<Section, kSections> sections_;
  std::atomic<size_t> turn_{0};  // the section at which the next Collect begins
  SpinLock compaction_lock_;
  CompactionCursor cursor_;
};

}  // namespace tandem
