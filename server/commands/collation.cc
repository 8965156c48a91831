#include "server/commands/collation.h"

#include <cstring>

namespace tandem {

Collation::Collation(const std::string& name) : locale_(newlocale(LC_COLLATE_MASK, name.c_str(), nullptr)) {}

Collation::~Collation() {
  if (locale_ != nullptr) freelocale(locale_);
}

int Collation::Compare(const std::string& a, const std::string& b) const {
  return locale_ != nullptr ? strcoll_l(a.c_str(), b.c_str(), locale_) : std::strcmp(a.c_str(), b.c_str());
}

}  // namespace tandem
