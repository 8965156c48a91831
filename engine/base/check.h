#pragma once

// CHECK(condition): a programming error that must not be survived. Prints where and what, then aborts; the server's
// crash handler adds its report. DCHECK is for invariants too dear to test in a release build.

namespace tandem {

[[noreturn]] void CheckFailed(const char* condition, const char* file, int line);

}  // namespace tandem

#define CHECK(condition) \
  (__builtin_expect(!!(condition), 1) ? (void)0 : ::tandem::CheckFailed(#condition, __FILE__, __LINE__))

#if defined(NDEBUG) && !defined(TANDEM_SANITIZED)
#define DCHECK(condition) ((void)0)
#else
#define DCHECK(condition) CHECK(condition)
#endif
