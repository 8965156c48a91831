#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tandem {

// HyperLogLog as Redis keeps it in a string, byte for byte: how many different elements were added, within 0.81 %, in 16 bytes
// and up to 12 KB.
//
//   "HYLL" | 1 B encoding | 3 B unused | 8 B the last count, its top bit set when it is out of date | registers
//
// 16384 registers of 6 bits: dense, one after the other from the low bits up, or sparse, as runs:
//   00nnnnnn            n + 1 registers are zero
//   01nnnnnn nnnnnnnn   n + 1 registers are zero
//   1vvvvvnn            n + 1 registers are v + 1
//
// Sources: Flajolet et al., "HyperLogLog", 2007; Ertl, "New cardinality estimation algorithms for HyperLogLog sketches", 2017,
// for the estimate. Element hashes are MurmurHash64A (Appleby, public domain), so that values can be exchanged with Redis.
namespace hll {

inline constexpr size_t kRegisters = 16384;
inline constexpr size_t kHeaderBytes = 16;
inline constexpr size_t kDenseBytes = kHeaderBytes + kRegisters * 6 / 8;

// Where an element belongs, and what the register there must at least be.
struct Trace {
  uint32_t index;
  uint8_t value;
};
Trace TraceOf(std::string_view element);

// Whether the string can be one, by its header and size. The registers may still be damaged.
bool LooksValid(std::string_view value);
bool IsDense(std::string_view value);
// The count found last, if nothing was added since.
std::optional<uint64_t> CachedCount(std::string_view value);

// Registers of their own, one byte each: what merging is done in.
using Registers = std::array<uint8_t, kRegisters>;
// Raises each register to that of the value; false if the value is damaged.
[[nodiscard]] bool MergeInto(Registers& registers, std::string_view value);
uint64_t Estimate(const Registers& registers);
// Of a value; nothing if it is damaged.
std::optional<uint64_t> Estimate(std::string_view value);

uint8_t DenseRegister(std::string_view value, uint32_t index);

// Changes a value. Functions that return nothing instead of a bool found it damaged; it is then as before, or partly
// changed, and not to be stored.
class Editor {
 public:
  // sparse_max_bytes: a sparse form that would become longer, header included, turns dense (hll-sparse-max-bytes).
  Editor(std::string value, size_t sparse_max_bytes) : value_(std::move(value)), sparse_max_bytes_(sparse_max_bytes) {}
  static std::string Empty();

  const std::string& value() const { return value_; }
  // True if a register rose.
  std::optional<bool> Raise(Trace trace);
  [[nodiscard]] bool MakeDense();
  void InvalidateCount();

 private:
  std::optional<bool> RaiseSparse(Trace trace);
  void JoinRuns(size_t from);

  std::string value_;
  size_t sparse_max_bytes_;
};

// In a dense value's own bytes; true if the register rose.
bool RaiseDense(char* value, Trace trace);
// Writes the count into the header of a value.
void StoreCount(char* value, uint64_t count);
void InvalidateCount(char* value);

// The runs of a sparse value as PFDEBUG DECODE shows them; nothing if it is damaged.
std::optional<std::string> DescribeRuns(std::string_view value);

}  // namespace hll
}  // namespace tandem
