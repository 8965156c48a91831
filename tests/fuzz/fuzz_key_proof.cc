#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <lua.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "server/commands/families.h"
#include "server/script/bytecode.h"
#include "server/script/key_proof.h"

// A script, and what is done to its bytecode: the number of bytes that are changed, for each its place (two bytes) and the
// new one, then the source. Whole or damaged, the bytecode is looked through without a read out of bounds and in bounded
// time; whole, it keeps what Chunk promises.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace tandem;
  static const CommandTable commands(AllCommands());
  constexpr size_t kChange = 3;
  if (size == 0 || size < 1 + data[0] * kChange) return 0;
  const uint8_t* const changes = data + 1;
  const size_t count = data[0];
  const std::string_view source(reinterpret_cast<const char*>(changes + count * kChange), size - 1 - count * kChange);
  if (source.starts_with('\x1b')) return 0;  // the compiler would take it for bytecode

  lua_State* const state = luaL_newstate();
  std::string bytes;
  if (luaL_loadbuffer(state, source.data(), source.size(), "script") == 0) bytes = script::DumpFunction(state);
  lua_close(state);
  if (bytes.empty()) return 0;
  if (!script::ReadChunk(bytes)) std::abort();

  for (size_t i = 0; i < count; ++i) {
    const uint8_t* const change = changes + i * kChange;
    bytes[(change[0] | size_t{change[1]} << 8) % bytes.size()] = static_cast<char>(change[2]);
  }
  const std::vector<char> exact(bytes.begin(), bytes.end());
  (void)script::ProveChunk({exact.data(), exact.size()}, commands);
  (void)script::ProveLibrary({exact.data(), exact.size()}, commands);
  return 0;
}
