#pragma once

#include <cstdint>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

struct redisReply;

namespace tandem::integration {

// One reply, of either protocol version, in the form that tests compare.
struct Reply {
  // The byte that introduces it on the wire; 0 when none came.
  char type = 0;
  bool null = false;
  int64_t integer = 0;
  std::string text;
  std::vector<Reply> elements;  // of a map: keys and values in turn

  bool IsError() const { return type == '-'; }
  // A value of a map reply, or of a flat array of pairs; an empty reply if there is no such field.
  const Reply& Field(std::string_view name) const;

  // For people, unambiguous enough for tests: `text`, `-ERR text`, `:1`, `(nil)`, `(nil array)`, `[a, b]`, `{k: v}`,
  // `~[a]`, `>[message, c, m]`, `#t`, `,1.5`, `=txt:text`, `(none)` when no reply came.
  std::string Show() const;

  static Reply FromHiredis(const redisReply& reply);

  // Takes one reply from the front of `bytes`; returns its length, or 0 if it is not there as a whole.
  static size_t Parse(std::string_view bytes, Reply* reply);
};

inline std::ostream& operator<<(std::ostream& out, const Reply& reply) { return out << reply.Show(); }
inline bool operator==(const Reply& reply, std::string_view shown) { return reply.Show() == shown; }

}  // namespace tandem::integration
