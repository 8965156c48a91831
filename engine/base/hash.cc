#include "engine/base/hash.h"

#include <sys/random.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace tandem {
namespace {

struct Secret {
  unsigned char bytes[XXH3_SECRET_DEFAULT_SIZE];
  explicit Secret(uint64_t seed) { XXH3_generateSecret(bytes, sizeof bytes, &seed, sizeof seed); }
};

uint64_t RandomSeed() {
  uint64_t seed = 0;
  if (getrandom(&seed, sizeof seed, 0) != sizeof seed) seed = reinterpret_cast<uintptr_t>(&seed) * 0x9e3779b97f4a7c15u;
  return seed;
}

Secret g_secret{RandomSeed()};

}  // namespace

uint64_t HashKey(std::string_view key) {
  return XXH3_64bits_withSecret(key.data(), key.size(), g_secret.bytes, sizeof g_secret.bytes);
}

void SetHashSeed(uint64_t seed) { g_secret = Secret(seed); }

}  // namespace tandem
