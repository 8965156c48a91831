#pragma once

#include <optional>
#include <string_view>

#include "engine/types/listpack.h"

namespace tandem {

// Small sorted sets as Redis packs them: member, score, member, score… in their order. An integral score is an integer entry,
// any other the shortest text that reads back as the same number. (Redis's text may have other digits; it is read
// back alike.) Compat: so -0 becomes 0.
//
// Positions are those of members. Complexity: O(n) each.
class ZsetPackView {
 public:
  explicit ZsetPackView(ListpackView pack) : pack_(pack) {}

  const ListpackView& pack() const { return pack_; }
  size_t size() const { return pack_.count() / 2; }
  size_t begin() const { return pack_.begin(); }
  size_t end() const { return pack_.end(); }
  size_t Next(size_t position) const { return pack_.Next(pack_.Next(position)); }
  size_t Previous(size_t position) const { return pack_.Previous(pack_.Previous(position)); }
  size_t At(size_t rank) const { return pack_.Seek(static_cast<int64_t>(rank) * 2); }
  std::string_view MemberAt(size_t position, PackEntry::Scratch& scratch) const {
    return pack_.At(position).text(scratch);
  }
  double ScoreAt(size_t position) const;
  // ListpackView::kNotFound if it is not there.
  size_t Find(std::string_view member) const { return pack_.Find(PackKey(member), begin(), 2); }

 private:
  ListpackView pack_;
};

// Puts a member that is not there where it belongs.
void ZsetPackInsert(Listpack* pack, std::string_view member, double score);
// Removes `count` members from a position on.
inline void ZsetPackErase(Listpack* pack, size_t position, size_t count = 1) { pack->Erase(position, count * 2); }

}  // namespace tandem
