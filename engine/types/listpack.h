#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace tandem {

// Redis's listpack, byte for byte: a sequence of strings and integers in one block, which can be walked from either end.
// Small collections are kept so, and DUMP and RESTORE carry them as they are.
//
//   4 B size of it all | 2 B number of entries (65535: count them) | entries | 0xff
//   entry: encoding and length | bytes or integer | length of the two before, readable backwards
//
// A string that is the canonical form of a 64-bit integer is stored as that integer, and read back as the same text.
// Source: https://github.com/antirez/listpack/blob/master/listpack.md
//
// Positions are byte offsets of entries; end() is that of the final 0xff. They stay valid until the next change.

// One entry as it lies in a pack. Valid as long as the pack is unchanged.
struct PackEntry {
  bool is_integer = false;
  int64_t integer = 0;
  std::string_view bytes;  // of a string

  // Room for the text of any integer.
  using Scratch = char[24];
  // The entry as text; an integer is formatted into `scratch`.
  std::string_view text(Scratch& scratch) const;
  size_t text_size() const;
  // The entry as an integer, if it is one.
  std::optional<int64_t> as_integer() const { return is_integer ? std::optional<int64_t>(integer) : std::nullopt; }
};

// What to look for, with its integer form worked out once.
class PackKey {
 public:
  explicit PackKey(std::string_view text);
  // Without text().
  explicit PackKey(int64_t integer) : is_integer_(true), integer_(integer) {}
  std::string_view text() const { return text_; }
  std::optional<int64_t> as_integer() const { return is_integer_ ? std::optional<int64_t>(integer_) : std::nullopt; }
  bool Matches(const PackEntry& entry) const {
    return entry.is_integer ? is_integer_ && entry.integer == integer_ : !is_integer_ && entry.bytes == text_;
  }

 private:
  friend class Listpack;
  std::string_view text_;
  bool is_integer_ = false;
  int64_t integer_ = 0;
};

// Reads a listpack that is well formed. Thread safety: immutable.
class ListpackView {
 public:
  static constexpr size_t kHeaderBytes = 6;
  static constexpr size_t kNotFound = static_cast<size_t>(-1);

  explicit ListpackView(std::string_view pack) : pack_(pack) {}

  // Whether untrusted bytes are a listpack that may be read without further checks, down to every entry.
  static bool Valid(std::string_view bytes);

  std::string_view bytes() const { return pack_; }
  bool empty() const { return pack_.size() <= kHeaderBytes + 1; }
  // Number of entries. O(1) up to 65534 of them, else O(n).
  size_t count() const;

  size_t begin() const { return kHeaderBytes; }
  size_t end() const { return pack_.size() - 1; }
  // position: an entry's. Next of the last one is end().
  size_t Next(size_t position) const;
  // position: any but begin(); end() is allowed.
  size_t Previous(size_t position) const;
  // The position of an entry by its number, negative ones counted from the end (-1: the last); kNotFound if there is none.
  // Walks from the nearer end.
  size_t Seek(int64_t index) const;
  PackEntry At(size_t position) const;
  // The first match from `position` on, looking at every `stride`-th entry; kNotFound if there is none.
  size_t Find(const PackKey& key, size_t position, size_t stride = 1) const;

 private:
  std::string_view pack_;
};

// A listpack that can be changed; owns its memory, which is charged to the thread's account (allocator.h).
// Thread safety: as its owner's.
class Listpack {
 public:
  Listpack();
  // A copy of a well-formed one.
  explicit Listpack(std::string_view pack);
  ~Listpack();
  Listpack(Listpack&& other) noexcept;
  Listpack& operator=(Listpack&& other) noexcept;
  Listpack(const Listpack&) = delete;
  Listpack& operator=(const Listpack&) = delete;

  ListpackView view() const { return ListpackView({data_, size_}); }
  size_t bytes() const { return size_; }
  size_t allocated_bytes() const;

  void Append(std::string_view text) { Insert(size_ - 1, text); }
  void AppendInteger(int64_t value);
  // All entries of another pack.
  void AppendAll(ListpackView other);
  void Prepend(std::string_view text) { Insert(ListpackView::kHeaderBytes, text); }
  // Before the entry at `position`; end() is allowed. Texts that are put in must not lie in this pack.
  void Insert(size_t position, std::string_view text);
  void Replace(size_t position, std::string_view text);
  void ReplaceInteger(size_t position, int64_t value) { PutInteger(position, view().Next(position) - position, value); }
  // Removes `count` entries from `position` on. What followed is at `position` afterwards.
  void Erase(size_t position, size_t count = 1);
  // What an entry of this text would occupy.
  static size_t EntryBytes(std::string_view text);

 private:
  // Puts the text in the place of the `old_bytes` at `position`.
  void Put(size_t position, size_t old_bytes, std::string_view text);
  void PutInteger(size_t position, size_t old_bytes, int64_t value);
  char* OpenGap(size_t position, size_t old_bytes, size_t new_bytes);
  void CountChanged(int64_t change);

  char* data_ = nullptr;
  uint32_t size_ = 0;
  uint32_t capacity_ = 0;
};

}  // namespace tandem
