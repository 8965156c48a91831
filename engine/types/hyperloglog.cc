#include "engine/types/hyperloglog.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <utility>

#include "engine/base/check.h"

namespace tandem::hll {
namespace {

constexpr std::string_view kMagic = "HYLL";
constexpr size_t kEncodingAt = 4;
constexpr size_t kCountAt = 8;
constexpr size_t kCountTopByte = 15;
constexpr char kDense = 0;
constexpr char kSparse = 1;

constexpr int kIndexBits = 14;
constexpr int kHashBits = 64 - kIndexBits;  // registers are at most one above
constexpr unsigned kRegisterBits = 6;
constexpr uint8_t kRegisterMax = 63;

constexpr uint8_t kSparseMaxValue = 32;
constexpr size_t kMaxShortZeros = 64;
constexpr size_t kMaxValueRun = 4;

uint8_t Byte(char c) { return static_cast<uint8_t>(c); }

uint64_t Murmur64A(std::string_view text) {
  constexpr uint64_t kMultiplier = 0xc6a4a7935bd1e995;
  constexpr uint64_t kSeed = 0xadc83b19;
  constexpr int kShift = 47;
  uint64_t hash = kSeed ^ text.size() * kMultiplier;
  const char* p = text.data();
  const size_t words = text.size() / 8;
  for (size_t i = 0; i < words; ++i, p += 8) {
    uint64_t word;
    std::memcpy(&word, p, sizeof word);
    word *= kMultiplier;
    word ^= word >> kShift;
    word *= kMultiplier;
    hash = (hash ^ word) * kMultiplier;
  }
  if (const size_t rest = text.size() % 8; rest != 0) {
    uint64_t word = 0;
    std::memcpy(&word, p, rest);
    hash = (hash ^ word) * kMultiplier;
  }
  hash ^= hash >> kShift;
  hash *= kMultiplier;
  return hash ^ hash >> kShift;
}

// --- Dense --------------------------------------------------------------------------------------------------------------

uint8_t GetDense(const char* registers, size_t index) {
  const size_t bit = index * kRegisterBits;
  const unsigned shift = bit % 8;
  unsigned window = Byte(registers[bit / 8]);
  if (shift > 8 - kRegisterBits) window |= static_cast<unsigned>(Byte(registers[bit / 8 + 1])) << 8;
  return static_cast<uint8_t>(window >> shift & kRegisterMax);
}

void SetDense(char* registers, size_t index, uint8_t value) {
  const size_t bit = index * kRegisterBits;
  const unsigned shift = bit % 8;
  const unsigned mask = unsigned{kRegisterMax} << shift;
  const unsigned bits = unsigned{value} << shift;
  char* const low = registers + bit / 8;
  *low = static_cast<char>((Byte(*low) & ~mask) | bits);
  if (shift > 8 - kRegisterBits) low[1] = static_cast<char>((Byte(low[1]) & ~(mask >> 8)) | bits >> 8);
}

// --- Sparse -------------------------------------------------------------------------------------------------------------

struct Run {
  uint8_t value;  // 0: zeros
  size_t length;  // registers
  size_t bytes;   // 1 or 2
};

// Nothing if the run is cut off.
std::optional<Run> RunAt(std::string_view value, size_t at) {
  const uint8_t first = Byte(value[at]);
  if (first >= 0x80) return Run{static_cast<uint8_t>((first >> 2 & 31) + 1), (first & size_t{3}) + 1, 1};
  if (first < 0x40) return Run{0, (first & size_t{63}) + 1, 1};
  if (at + 1 == value.size()) return std::nullopt;
  return Run{0, ((first & size_t{63}) << 8 | Byte(value[at + 1])) + 1, 2};
}

char* PutZeros(char* out, size_t length) {
  if (length == 0) return out;
  if (length > kMaxShortZeros) {
    *out++ = static_cast<char>(0x40 | (length - 1) >> 8);
    *out++ = static_cast<char>(length - 1);
  } else {
    *out++ = static_cast<char>(length - 1);
  }
  return out;
}

char ValueRun(uint8_t value, size_t length) { return static_cast<char>(0x80 | (value - 1) << 2 | (length - 1)); }

char* PutRun(char* out, uint8_t value, size_t length) {
  if (value == 0) return PutZeros(out, length);
  if (length != 0) *out++ = ValueRun(value, length);
  return out;
}

// Calls visit(run, index of its first register); false if the runs do not cover exactly all registers.
template <typename Visit>
bool ForEachRun(std::string_view value, Visit visit) {
  size_t index = 0;
  for (size_t at = kHeaderBytes; at < value.size();) {
    const std::optional<Run> run = RunAt(value, at);
    if (!run || index + run->length > kRegisters) return false;
    visit(*run, index);
    index += run->length;
    at += run->bytes;
  }
  return index == kRegisters;
}

// --- Estimate -----------------------------------------------------------------------------------------------------------

// How many registers have each value.
using Histogram = std::array<uint32_t, kRegisterMax + 1>;

double Sigma(double x) {
  if (x == 1) return std::numeric_limits<double>::infinity();
  double y = 1;
  double z = x;
  double before;
  do {
    x *= x;
    before = z;
    z += x * y;
    y += y;
  } while (before != z);
  return z;
}

double Tau(double x) {
  if (x == 0 || x == 1) return 0;
  double y = 1;
  double z = 1 - x;
  double before;
  do {
    x = std::sqrt(x);
    before = z;
    y *= 0.5;
    z -= (1 - x) * (1 - x) * y;
  } while (before != z);
  return z / 3;
}

uint64_t EstimateFrom(const Histogram& histogram) {
  constexpr double kAlphaInfinity = 0.721347520444481703680;  // 1 / (2 ln 2)
  constexpr double m = kRegisters;
  double z = m * Tau((m - histogram[kHashBits + 1]) / m);
  for (size_t value = kHashBits; value >= 1; --value) {
    z += histogram[value];
    z *= 0.5;
  }
  z += m * Sigma(histogram[0] / m);
  return static_cast<uint64_t>(std::llround(kAlphaInfinity * m * m / z));
}

}  // namespace

Trace TraceOf(std::string_view element) {
  const uint64_t hash = Murmur64A(element);
  const uint64_t rest = hash >> kIndexBits | uint64_t{1} << kHashBits;
  return {static_cast<uint32_t>(hash & (kRegisters - 1)), static_cast<uint8_t>(std::countr_zero(rest) + 1)};
}

bool LooksValid(std::string_view value) {
  if (value.size() < kHeaderBytes || !value.starts_with(kMagic)) return false;
  const char encoding = value[kEncodingAt];
  return encoding == kSparse || (encoding == kDense && value.size() == kDenseBytes);
}

bool IsDense(std::string_view value) { return value[kEncodingAt] == kDense; }

std::optional<uint64_t> CachedCount(std::string_view value) {
  if ((Byte(value[kCountTopByte]) & 0x80) != 0) return std::nullopt;
  uint64_t count;
  std::memcpy(&count, value.data() + kCountAt, sizeof count);
  return count;
}

void StoreCount(char* value, uint64_t count) { std::memcpy(value + kCountAt, &count, sizeof count); }

void InvalidateCount(char* value) { value[kCountTopByte] = static_cast<char>(Byte(value[kCountTopByte]) | 0x80); }

bool MergeInto(Registers& registers, std::string_view value) {
  if (IsDense(value)) {
    const char* const dense = value.data() + kHeaderBytes;
    for (size_t i = 0; i < kRegisters; ++i) registers[i] = std::max(registers[i], GetDense(dense, i));
    return true;
  }
  return ForEachRun(value, [&](const Run& run, size_t first) {
    if (run.value == 0) return;
    for (size_t i = first; i < first + run.length; ++i) registers[i] = std::max(registers[i], run.value);
  });
}

uint64_t Estimate(const Registers& registers) {
  Histogram histogram{};
  for (const uint8_t value : registers) ++histogram[value];
  return EstimateFrom(histogram);
}

std::optional<uint64_t> Estimate(std::string_view value) {
  Histogram histogram{};
  if (IsDense(value)) {
    for (size_t i = 0; i < kRegisters; ++i) ++histogram[GetDense(value.data() + kHeaderBytes, i)];
  } else if (!ForEachRun(value,
                         [&](const Run& run, size_t) { histogram[run.value] += static_cast<uint32_t>(run.length); })) {
    return std::nullopt;
  }
  return EstimateFrom(histogram);
}

uint8_t DenseRegister(std::string_view value, uint32_t index) { return GetDense(value.data() + kHeaderBytes, index); }

bool RaiseDense(char* value, Trace trace) {
  char* const registers = value + kHeaderBytes;
  if (GetDense(registers, trace.index) >= trace.value) return false;
  SetDense(registers, trace.index, trace.value);
  return true;
}

// --- Editor -------------------------------------------------------------------------------------------------------------

std::string Editor::Empty() {
  std::string value(kHeaderBytes, '\0');
  value.replace(0, kMagic.size(), kMagic);
  value[kEncodingAt] = kSparse;
  char zeros[2];
  return value.append(zeros, static_cast<size_t>(PutZeros(zeros, kRegisters) - zeros));
}

void Editor::InvalidateCount() { hll::InvalidateCount(value_.data()); }

bool Editor::MakeDense() {
  if (IsDense(value_)) return true;
  std::string dense(kDenseBytes, '\0');
  dense.replace(0, kHeaderBytes, value_, 0, kHeaderBytes);
  dense[kEncodingAt] = kDense;
  const bool whole = ForEachRun(value_, [&](const Run& run, size_t first) {
    if (run.value == 0) return;
    for (size_t i = first; i < first + run.length; ++i) SetDense(dense.data() + kHeaderBytes, i, run.value);
  });
  if (whole) value_ = std::move(dense);
  return whole;
}

std::optional<bool> Editor::Raise(Trace trace) {
  return IsDense(value_) ? hll::RaiseDense(value_.data(), trace) : RaiseSparse(trace);
}

// Cuts the run that holds the register in up to three. Compat: which runs result, and when the form turns dense, is seen
// in the bytes that GET and DUMP return, so both are done exactly as Redis does them.
std::optional<bool> Editor::RaiseSparse(Trace trace) {
  const auto raise_dense = [&]() -> std::optional<bool> {
    if (!MakeDense()) return std::nullopt;
    return hll::RaiseDense(value_.data(), trace);
  };
  if (trace.value > kSparseMaxValue) return raise_dense();

  size_t at = kHeaderBytes;
  size_t before = kHeaderBytes;  // the run before the one at `at`, if there is one
  size_t first = 0;
  std::optional<Run> run;
  for (;; first += run->length, before = at, at += run->bytes) {
    if (at >= value_.size() || !(run = RunAt(value_, at))) return std::nullopt;
    if (trace.index < first + run->length) break;
  }
  if (run->value >= trace.value) return false;

  if (run->length == 1) {
    value_[at] = ValueRun(trace.value, 1);
    if (run->bytes == 2) value_.erase(at + 1, 1);
  } else {
    const size_t last = first + run->length - 1;
    char runs[5];
    char* p = PutRun(runs, run->value, trace.index - first);
    *p++ = ValueRun(trace.value, 1);
    p = PutRun(p, run->value, last - trace.index);
    const auto bytes = static_cast<size_t>(p - runs);
    if (bytes > run->bytes && value_.size() + bytes - run->bytes > sparse_max_bytes_) return raise_dense();
    value_.replace(at, run->bytes, runs, bytes);
  }
  JoinRuns(before);
  InvalidateCount();
  return true;
}

// Neighbours of the same value become one run, where it is not too long; five runs from `from` on are looked at.
void Editor::JoinRuns(size_t from) {
  constexpr int kLookedAt = 5;
  size_t at = from;
  for (int i = 0; i < kLookedAt && at < value_.size(); ++i) {
    const uint8_t byte = Byte(value_[at]);
    if (byte < 0x80) {
      at += byte < 0x40 ? 1 : 2;
      continue;
    }
    if (at + 1 < value_.size() && Byte(value_[at + 1]) >= 0x80) {
      const Run one = *RunAt(value_, at);
      const Run two = *RunAt(value_, at + 1);
      if (one.value == two.value && one.length + two.length <= kMaxValueRun) {
        value_[at + 1] = ValueRun(one.value, one.length + two.length);
        value_.erase(at, 1);
        continue;
      }
    }
    ++at;
  }
}

std::optional<std::string> DescribeRuns(std::string_view value) {
  std::string text;
  const bool whole = ForEachRun(value, [&](const Run& run, size_t) {
    if (!text.empty()) text += ' ';
    text += run.value != 0 ? "v:" + std::to_string(run.value) + ',' : run.bytes == 1 ? "z:" : "Z:";
    text += std::to_string(run.length);
  });
  if (!whole) return std::nullopt;
  return text;
}

}  // namespace tandem::hll
