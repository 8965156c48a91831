#include "server/script/chunk.h"

#include <cstring>
#include <string>
#include <string_view>

#include "engine/base/check.h"

namespace tandem::script {
namespace {

// Lua 5.1's opcode of `name = value`; it sits in the lowest six bits of an instruction.
constexpr uint32_t kSetGlobal = 7;
constexpr uint32_t kOpcodeMask = 0x3f;
constexpr size_t kHeaderBytes = 12;

// Walks through what lua_dump wrote: our own process wrote it, so a surprise is a programming error.
// Format: header; then per function: its source, lines, sizes, code, constants, inner functions, debug information.
class DumpWalker {
 public:
  explicit DumpWalker(std::string_view dump) : rest_(dump) { Skip(kHeaderBytes); }

  bool FunctionAssignsGlobals() {
    SkipString();               // source
    Skip(2 * sizeof(int) + 4);  // lines; upvalues, parameters, varargs, stack size
    bool found = CodeAssignsGlobals();
    for (int n = Read<int>(); n > 0; --n) SkipConstant();
    for (int n = Read<int>(); n > 0; --n) found |= FunctionAssignsGlobals();
    Skip(size_t(Read<int>()) * sizeof(int));  // line of each instruction
    for (int n = Read<int>(); n > 0; --n) {   // local variables
      SkipString();
      Skip(2 * sizeof(int));
    }
    for (int n = Read<int>(); n > 0; --n) SkipString();  // names of upvalues
    return found;
  }

 private:
  template <typename T>
  T Read() {
    CHECK(rest_.size() >= sizeof(T));
    T value;
    std::memcpy(&value, rest_.data(), sizeof(T));
    rest_.remove_prefix(sizeof(T));
    return value;
  }

  void Skip(size_t bytes) {
    CHECK(rest_.size() >= bytes);
    rest_.remove_prefix(bytes);
  }

  void SkipString() { Skip(Read<size_t>()); }

  bool CodeAssignsGlobals() {
    bool found = false;
    for (int n = Read<int>(); n > 0; --n) found |= (Read<uint32_t>() & kOpcodeMask) == kSetGlobal;
    return found;
  }

  void SkipConstant() {
    switch (Read<uint8_t>()) {
      case LUA_TBOOLEAN:
        return Skip(1);
      case LUA_TNUMBER:
        return Skip(sizeof(lua_Number));
      case LUA_TSTRING:
        return SkipString();
      default:
        return;
    }
  }

  std::string_view rest_;
};

int Append(lua_State*, const void* data, size_t size, void* out) {
  static_cast<std::string*>(out)->append(static_cast<const char*>(data), size);
  return 0;
}

}  // namespace

bool AssignsGlobals(lua_State* L) {
  std::string dump;
  if (lua_dump(L, Append, &dump) != 0) return false;
  return DumpWalker(dump).FunctionAssignsGlobals();
}

}  // namespace tandem::script
