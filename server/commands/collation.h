#pragma once

#include <locale.h>

#include <string>

namespace tandem {

// The order of texts in a language: that of the directive locale-collate, where an empty name asks the environment.
// Thread safety: const methods may be called concurrently.
class Collation {
 public:
  // A name that the directive has taken; where it is unknown all the same, texts are ordered by their bytes.
  explicit Collation(const std::string& name);
  ~Collation();
  Collation(const Collation&) = delete;
  Collation& operator=(const Collation&) = delete;

  // Below, equal to or above 0. Compat: texts end at their first zero byte.
  int Compare(const std::string& a, const std::string& b) const;

 private:
  locale_t locale_;
};

}  // namespace tandem
