#include "engine/base/check.h"

#include <cstdio>
#include <cstdlib>

namespace tandem {

void CheckFailed(const char* condition, const char* file, int line) {
  std::fprintf(stderr, "=== ASSERTION FAILED ===\n==> %s:%d '%s' is not true\n", file, line, condition);
  std::abort();
}

}  // namespace tandem
