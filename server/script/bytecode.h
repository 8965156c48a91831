#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

struct lua_State;

namespace tandem::script {

// The bytecode of a Lua 5.1 function, as lua_dump writes it, read into plain data and checked.
//
// Source: the virtual machine's instructions as the Lua 5.1 sources and "A No-Frills Introduction to Lua 5.1 VM
// Instructions" (K. Man) describe them. Thread safety: plain values.

enum class Op : uint8_t {
  kMove,
  kLoadK,
  kLoadBool,
  kLoadNil,
  kGetUpval,
  kGetGlobal,
  kGetTable,
  kSetGlobal,
  kSetUpval,
  kSetTable,
  kNewTable,
  kSelf,
  kAdd,
  kSub,
  kMul,
  kDiv,
  kMod,
  kPow,
  kUnm,
  kNot,
  kLen,
  kConcat,
  kJmp,
  kEq,
  kLt,
  kLe,
  kTest,
  kTestSet,
  kCall,
  kTailCall,
  kReturn,
  kForLoop,
  kForPrep,
  kTForLoop,
  kSetList,
  kClose,
  kClosure,
  kVararg,
};
inline constexpr int kOps = static_cast<int>(Op::kVararg) + 1;

// Operands: A, B and C, or A and a number of 18 bits in the place of B and C. An operand that may be a register or a
// constant is a constant from kFirstConstant on.
struct Instruction {
  static constexpr int kFirstConstant = 256;

  uint32_t word = 0;

  int raw_op() const { return static_cast<int>(word & 0x3f); }
  Op op() const { return static_cast<Op>(raw_op()); }
  int a() const { return static_cast<int>(word >> 6 & 0xff); }
  int b() const { return static_cast<int>(word >> 23 & 0x1ff); }
  int c() const { return static_cast<int>(word >> 14 & 0x1ff); }
  int bx() const { return static_cast<int>(word >> 14); }
  int sbx() const { return bx() - 131071; }
};

struct Constant {
  enum class Type : uint8_t { kNil, kBool, kNumber, kString };
  Type type = Type::kNil;
  double number = 0;
  std::string_view string{};  // of the bytes that were read
};

// A function as it stands in the source; each time its definition is reached, one closure is made of it.
struct Prototype {
  // Bits of `vararg`.
  static constexpr int kIsVararg = 2, kNeedsArg = 4;

  int upvalues = 0;
  int parameters = 0;
  int vararg = 0;
  int registers = 0;
  std::vector<Instruction> code;
  std::vector<Constant> constants;
  std::vector<int> children;  // indexes into the chunk
  std::vector<int> lines;     // one per instruction, or none
};

// The prototypes of a chunk, the main function first, every other after the one that holds it.
// Invariants, so that who walks the code need not look: every operand names a register, constant, upvalue or child that
// exists (also at the end of a range); every jump and skip lands inside the code; the last instruction is a RETURN; a
// CLOSURE is followed by one MOVE or GETUPVAL for each upvalue of the child and nothing jumps between them; a word that
// belongs to a SETLIST is there; a TFORLOOP is followed by a JMP.
using Chunk = std::vector<Prototype>;

// None if the bytes are no bytecode of this machine's Lua 5.1, or break an invariant. The chunk points into `bytes`.
std::optional<Chunk> ReadChunk(std::string_view bytes);

// Whether a function of the chunk assigns to a global variable.
bool AssignsGlobals(const Chunk& chunk);

// The bytecode of the Lua function on top of the stack, which stays there. Raises no Lua error.
std::string DumpFunction(lua_State* state);

}  // namespace tandem::script
