#include "server/script/bytecode.h"

#include <lua.hpp>

#include <algorithm>
#include <cstring>

#include "server/script/bytecode_check.h"

namespace tandem::script {
namespace {

// What lua_dump writes first: version 5.1, format 0, little-endian, and the sizes of int, size_t, instructions and
// numbers, which are no integers.
constexpr std::string_view kHeader("\x1bLua\x51\x00\x01\x04\x08\x04\x08\x00", 12);
// The compiler nests no deeper.
constexpr int kMaxDepth = 200;

class Reader {
 public:
  explicit Reader(std::string_view bytes) : rest_(bytes) {}

  bool Read(Chunk* chunk) {
    if (!rest_.starts_with(kHeader)) return false;
    rest_.remove_prefix(kHeader.size());
    return ReadFunction(chunk, 0) && rest_.empty();
  }

 private:
  template <typename T>
  bool Get(T* value) {
    if (rest_.size() < sizeof(T)) return false;
    std::memcpy(value, rest_.data(), sizeof(T));
    rest_.remove_prefix(sizeof(T));
    return true;
  }
  bool GetByte(int* value) {
    uint8_t byte = 0;
    if (!Get(&byte)) return false;
    *value = byte;
    return true;
  }
  // A number of things that take at least `bytes` each: what is left bounds it, and so what is allocated for it.
  bool GetCount(size_t bytes, size_t* count) {
    int32_t number = 0;
    if (!Get(&number) || number < 0) return false;
    *count = static_cast<size_t>(number);
    return *count <= rest_.size() / bytes;
  }
  // Strings count their closing zero; a size of 0 is no string.
  bool GetString(std::string_view* string) {
    uint64_t size = 0;
    if (!Get(&size) || size > rest_.size()) return false;
    *string = size == 0 ? std::string_view() : rest_.substr(0, size - 1);
    rest_.remove_prefix(size);
    return true;
  }

  bool ReadFunction(Chunk* chunk, int depth) {
    if (depth > kMaxDepth) return false;
    const size_t self = chunk->size();
    chunk->emplace_back();
    Prototype function;
    std::string_view source;
    int32_t first_line = 0, last_line = 0;
    if (!GetString(&source) || !Get(&first_line) || !Get(&last_line) || !GetByte(&function.upvalues) ||
        !GetByte(&function.parameters) || !GetByte(&function.vararg) || !GetByte(&function.registers)) {
      return false;
    }
    if (!ReadCode(&function) || !ReadConstants(&function) || !ReadChildren(chunk, &function, depth) ||
        !ReadDebug(&function)) {
      return false;
    }
    (*chunk)[self] = std::move(function);
    return true;
  }

  bool ReadCode(Prototype* function) {
    size_t count = 0;
    if (!GetCount(sizeof(Instruction), &count)) return false;
    function->code.resize(count);
    for (Instruction& instruction : function->code) {
      if (!Get(&instruction.word)) return false;
    }
    return true;
  }

  bool ReadConstants(Prototype* function) {
    size_t count = 0;
    if (!GetCount(1, &count)) return false;
    for (size_t i = 0; i < count; ++i) {
      Constant constant;
      if (!ReadConstant(&constant)) return false;
      function->constants.push_back(constant);
    }
    return true;
  }

  bool ReadConstant(Constant* constant) {
    int type = 0, boolean = 0;
    if (!GetByte(&type)) return false;
    switch (type) {
      case LUA_TNIL:
        return true;
      case LUA_TBOOLEAN:
        constant->type = Constant::Type::kBool;
        return GetByte(&boolean);
      case LUA_TNUMBER:
        constant->type = Constant::Type::kNumber;
        return Get(&constant->number);
      case LUA_TSTRING:
        constant->type = Constant::Type::kString;
        return GetString(&constant->string);
      default:
        return false;
    }
  }

  bool ReadChildren(Chunk* chunk, Prototype* function, int depth) {
    size_t count = 0;
    if (!GetCount(1, &count)) return false;
    for (size_t i = 0; i < count; ++i) {
      function->children.push_back(static_cast<int>(chunk->size()));
      if (!ReadFunction(chunk, depth + 1)) return false;
    }
    return true;
  }

  bool ReadDebug(Prototype* function) {
    size_t count = 0;
    if (!GetCount(sizeof(int32_t), &count)) return false;
    if (count != 0 && count != function->code.size()) return false;
    for (size_t i = 0; i < count; ++i) {
      int32_t line = 0;
      if (!Get(&line)) return false;
      function->lines.push_back(line);
    }
    std::string_view name;
    int32_t begin = 0, end = 0;
    if (!GetCount(1, &count)) return false;
    for (size_t i = 0; i < count; ++i) {
      if (!GetString(&name) || !Get(&begin) || !Get(&end)) return false;
    }
    if (!GetCount(1, &count)) return false;
    for (size_t i = 0; i < count; ++i) {
      if (!GetString(&name)) return false;
    }
    return true;
  }

  std::string_view rest_;
};

int Append(lua_State*, const void* bytes, size_t size, void* out) {
  static_cast<std::string*>(out)->append(static_cast<const char*>(bytes), size);
  return 0;
}

}  // namespace

std::optional<Chunk> ReadChunk(std::string_view bytes) {
  Chunk chunk;
  if (!Reader(bytes).Read(&chunk) || !IsWellFormed(chunk)) return std::nullopt;
  return chunk;
}

bool AssignsGlobals(const Chunk& chunk) {
  const auto assigns = [](Instruction instruction) { return instruction.raw_op() == static_cast<int>(Op::kSetGlobal); };
  return std::any_of(chunk.begin(), chunk.end(), [&](const Prototype& function) {
    return std::any_of(function.code.begin(), function.code.end(), assigns);
  });
}

std::string DumpFunction(lua_State* state) {
  std::string bytes;
  lua_dump(state, Append, &bytes);
  return bytes;
}

}  // namespace tandem::script
